"""What the commands do with the options that the command line gives them."""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
from pathlib import Path

import torch

from poseglass_models.checkpoint import read_checkpoint, sha256
from poseglass_models.multi_context import PRESETS, MultiContextNetwork
from poseglass_models.pyramid import PyramidStem
from poseglass_models.skeleton import Skeleton
from poseglass_train.data.coco import read_coco
from poseglass_train.data.composed import beside, over
from poseglass_train.data.pack import Pack, make_pack, read_pack, write_pack
from poseglass_train.data.people import unpack, unpack_held_out
from poseglass_train.data.sets import own_set, read_set
from poseglass_train.errors import RecipeError
from poseglass_train.evaluate.attention import evaluate_attention
from poseglass_train.evaluate.background import KEPT, evaluate_background, evaluate_empty_scenes, evaluate_search
from poseglass_train.evaluate.coco import evaluate_coco
from poseglass_train.evaluate.jhmdb import evaluate_jhmdb, scores_text
from poseglass_train.evaluate.lsp import evaluate_lsp, report
from poseglass_train.evaluate.metrics import THRESHOLD, lsp_table, pck, table_text, torso_length
from poseglass_train.evaluate.mpii import evaluate_mpii, predict_mpii
from poseglass_train.evaluate.rival import beside_text, compare, read_rival
from poseglass_train.evaluate.timing import network_times
from poseglass_train.evaluate.tracked_sheet import write_sheets
from poseglass_train.evaluate.tracking import evaluate_tracking, rule_text
from poseglass_train.evaluate.tracking import scores_text as tracking_text
from poseglass_train.evaluate.views import Views
from poseglass_train.training.ablation import CELLS, Plan, ablate, table, training_speed, write_report
from poseglass_train.training.average import average
from poseglass_train.training.fit import Run, commit, fit
from poseglass_train.training.parallel import World, join, leave
from poseglass_train.training.pyramid_file import import_pyramid, load_pyramid
from poseglass_train.training.recipes import Recipe, recipe_named
from poseglass_train.training.start import fine_tunable


def run_evaluate_lsp(options: argparse.Namespace) -> None:
    """Score on photographs; print the table, and write it where asked."""
    how = _views(options)
    answers = evaluate_lsp(options.data, options.model, how)
    torso = torso_length(answers.true_NK2, answers.skeleton)
    table = lsp_table(pck(answers.found_NK2, answers.true_NK2, torso, THRESHOLD), answers.skeleton)
    more = report(answers)
    print(table_text(table))
    if options.report:
        print("\n".join(f"{name:>14} {value:6.1f}" for name, value in more.items()))
    told: dict[str, object] = {"pck": rounded(table), "report": rounded(more)}
    if options.beside is not None:
        beside_them = compare(answers, read_rival(options.beside, len(answers.found_NK2)))
        print(beside_text(beside_them))
        told[f"beside {options.beside.stem}"] = {name: rounded(vars(each)) for name, each in beside_them.items()}
    protocol = {"protocol": "LSP test, PCK@0.2, person-centric", **_told(how)}
    write_scores(options, {**protocol, **told})


def run_evaluate_jhmdb(options: argparse.Namespace) -> None:
    """Score on video; print the table, and write it where asked."""
    scores = evaluate_jhmdb(options.data, options.model, options.device, options.labelled_boxes)
    print(scores_text(scores))
    protocol = {"protocol": "JHMDB test, split 1, 12 keypoints inside the picture, PCK@0.2 of the torso"}
    found = {way: {**_known(dataclasses.asdict(each)), "table": rounded(each.table)} for way, each in scores.items()}
    write_scores(options, {**protocol, "labelled_boxes": options.labelled_boxes, "scores": found})


def run_evaluate_mpii(options: argparse.Namespace) -> None:
    """Score the validation people, or write the test people's poses for MPII's evaluation."""
    if options.predictions is not None:
        predict_mpii(options.data, options.model, _views(options), options.predictions)
        print(f"wrote {options.predictions}")
        return
    table = evaluate_mpii(options.data, options.model, _views(options))
    print(table_text(table))
    protocol = {"protocol": "MPII, validation people of Tompson et al., PCKh@0.5", **_told(_views(options))}
    write_scores(options, {**protocol, "pckh": rounded(table)})


def run_evaluate_coco(options: argparse.Namespace) -> None:
    """Score on COCO's val2017; print the ten statistics, and write them where asked."""
    table = evaluate_coco(
        options.data, options.model, _views(options), options.detections, options.results, options.detector
    )
    print(table_text(table))
    boxes = options.detector or (str(options.detections) if options.detections else "labelled")
    protocol = {"protocol": "COCO val2017, keypoints, pycocotools", "boxes": boxes, **_told(_views(options))}
    write_scores(options, {**protocol, "statistics": rounded(table)})


def run_evaluate_attention(options: argparse.Namespace) -> None:
    """Print the share of each attention map that lies on the person, and write it where asked."""
    shares = evaluate_attention(options.data, options.model, options.device)
    for name, of_set in shares.items():
        print(f"{name}: chance {next(iter(of_set.values())).chance:.3f}")
        print("\n".join(f"{each:>28} {share.inside:.3f}" for each, share in of_set.items()))
    told = {
        name: {each: dataclasses.asdict(share) for each, share in of_set.items()} for name, of_set in shares.items()
    }
    write_scores(options, {"protocol": "share of attention inside the person's box", "shares": told})


def run_evaluate_background(options: argparse.Namespace) -> None:
    """Print how well the scores tell somebody from nobody, and write it where asked."""
    table = evaluate_background(options.data, options.model, options.device)
    if options.search:
        table |= evaluate_search(options.data, options.model, options.device)
    if options.scenes:
        table |= evaluate_empty_scenes(options.data, options.model, options.device)
    print(table_text(table))
    protocol = {"protocol": f"JHMDB test, people and squares without any; mistaken where {KEPT:.0%} of the people pass"}
    write_scores(options, {**protocol, "scores": rounded(table)})


def run_evaluate_tracking(options: argparse.Namespace) -> None:
    """Score how people are followed; print the table, and write it and pictures where asked."""
    more = [] if options.detector is None else ["--detector", options.detector]
    more += [word for setting in options.set for word in ("--set", setting)]
    scores, tables = evaluate_tracking(options.data, options.model, options.device, options.similarity, more)
    print(tracking_text(scores))
    print(rule_text(options.similarity))
    if options.sheets is not None:
        for name, table in tables.items():
            for path in write_sheets(options.data / f"{name}.mp4", table, options.sheets):
                print(f"wrote {path}")
    protocol = {
        "protocol": "HOTA, CLEAR and Identity of trackeval",
        "rule": rule_text(options.similarity),
        "tracker_options": more,
    }
    write_scores(options, {**protocol, "scores": {name: rounded(vars(each)) for name, each in scores.items()}})


def run_evaluate_time(options: argparse.Namespace) -> None:
    """Print how long each pose network takes for a crop, in one run, and write it where asked."""
    took = network_times(options.models, options.device)
    print("\n".join(f"{name:>28} {each:7.1f} ms" for name, each in took.items()))
    facts = {"sha256": {model: sha256(model) for model in options.models}, "torch": torch.__version__}
    _write_json(
        options.json, {"protocol": "milliseconds a crop, in turn, one thread", **facts, "milliseconds": rounded(took)}
    )


def run_compose(options: argparse.Namespace) -> None:
    """Compose a clip of two and say where it is."""
    options.out.mkdir(parents=True, exist_ok=True)
    how = {"beside": beside, "over": over}[options.how]
    print(f"wrote {how(options.first, options.second, options.out)} and its labels")


def _views(options: argparse.Namespace) -> Views:
    return Views(options.flip, options.scales, options.device, options.bfloat16)


def _told(how: Views) -> dict[str, object]:
    return {"flip": how.flip, "scales": how.scales, "bfloat16": how.bfloat16}


def _known(scores: dict[str, object]) -> dict[str, object]:
    """Return the same with null for what is not known, as JSON has no NaN."""
    return {name: None if score != score else score for name, score in scores.items()}


def rounded(table: dict[str, float]) -> dict[str, float]:
    """Return the same to two decimals."""
    return {name: round(value, 2) for name, value in table.items()}


def write_scores(options: argparse.Namespace, scores: dict[str, object]) -> None:
    """Write scores where asked, with the weights and the commit they are of."""
    _write_json(options.json, {"model": options.model, "sha256": sha256(options.model), **scores})


def _write_json(path: Path | None, content: dict[str, object]) -> None:
    if path is not None:
        path.write_text(json.dumps({"commit": commit(), **content}, indent=1) + "\n", encoding="utf-8")


def run_pack(options: argparse.Namespace) -> None:
    """Read the data sets and write them into one file, or several."""
    for path in write_pack(_make_pack(options), options.out, options.part_mib * 2**20):
        print(f"wrote {path}, {path.stat().st_size / 2**20:.1f} MiB")


def _read_or_make_pack(options: argparse.Namespace) -> Pack:
    return read_pack(options.pack) if options.pack else _make_pack(options)


def _make_pack(options: argparse.Namespace) -> Pack:
    if options.data is not None:
        return make_pack({name: read_set(name, options.data) for name in options.sets}, options.canvas)
    if options.labels is None:
        raise RecipeError("--images DIR wants --labels FILE, their keypoints in COCO's format")
    own = read_coco(options.images, options.labels)
    return make_pack({"own": own_set(own)}, options.canvas)


def run_pyramid(options: argparse.Namespace) -> None:
    """Read a MoveNet model's files, write its pyramid."""
    facts = import_pyramid(options.folder, options.name, options.out)
    print(f"{facts['source']}, width {facts['width']}, {facts['licence']}")
    print(f"wrote {options.out}.safetensors, SHA-256 {facts['sha256']}")


def run_average(options: argparse.Namespace) -> None:
    """Average trained networks; print what comes out does on the held-out people."""
    held_out = unpack_held_out(_read_or_make_pack(options))
    validation = average(options.models, held_out, options.out)
    print(f"held out {validation.pck:.2f} {rounded(validation.pck_of)}")
    print(f"wrote {options.out}.safetensors")


def run_ablate(options: argparse.Namespace) -> None:
    """Train the cells, write table and plots, print the table."""
    people, held_out = unpack(_read_or_make_pack(options))
    recipe = recipe_named("swift" if options.pyramid is None else "pyramid")
    plan = Plan(
        options.stacks, options.channels, options.size, dataclasses.replace(recipe, epochs=options.epochs),
        tuple(options.seeds), options.out, options.device, options.pyramid,
    )  # fmt: skip
    names = options.cells or CELLS
    results = ablate(plan, names, people, held_out)
    speed = training_speed(plan, names, people)
    print(table(results, speed), end="")
    for path in write_report(plan, results, speed, options.results):
        print(f"wrote {path}")


def run_fit(options: argparse.Namespace) -> None:
    """Train, alone or as one of torchrun's processes."""
    world, device = join(options.device)
    try:
        people, held_out = unpack(_read_or_make_pack(options))
        people, held_out = people.to(device), held_out.to(device)  # and let go of them here
        network, size, facts = _start(options, people.skeleton)
        compiled = _compiles(device, world) if options.compile is None else options.compile
        run = Run(
            network, options.size or size, _recipe(options), options.out, device, options.save_minutes, facts, world,
            compiled, options.minutes,
        )  # fmt: skip
        path = fit(run, people, held_out, options.resume)
        if world.writes:
            print(f"wrote {path}.safetensors")
    finally:
        leave()


def _compiles(device: torch.device, world: World) -> bool:
    """Say whether compiling pays: on one GPU, where there is a C compiler for Triton to call."""
    return device.type == "cuda" and world.size == 1 and bool(shutil.which("cc") or shutil.which("gcc"))


def _recipe(options: argparse.Namespace) -> Recipe:
    given = {"epochs": options.epochs, "learning_rate": options.rate, "batch": options.batch, "seed": options.seed}
    named = recipe_named(options.recipe)
    return dataclasses.replace(named, **{name: value for name, value in given.items() if value is not None})


def _start(options: argparse.Namespace, skeleton: Skeleton) -> tuple[MultiContextNetwork, int, dict[str, object]]:
    """Return the network to start with, its input size, and the same in words."""
    if options.pyramid is not None and (options.start is not None or PRESETS[options.preset]().network.stem == "paper"):
        start = f"--preset {options.preset}" if options.start is None else f"--from {options.start}"
        raise RecipeError(f"--pyramid {options.pyramid}: nothing would read it; {start} is not a preset on a pyramid")
    facts: dict[str, object]
    if options.start is not None:
        network, size = fine_tunable(options.start, skeleton, options.seed, options.stacks)
        whose = read_checkpoint(options.start).training.get("pyramid")
        facts = {"from": options.start, "from_sha256": sha256(options.start)}
        return network, size, facts if whose is None else {**facts, "pyramid": whose}
    preset = PRESETS[options.preset]()
    stacks = options.stacks or preset.network.stacks
    config = dataclasses.replace(preset.network, keypoints=len(skeleton), stacks=stacks)
    built = dataclasses.replace(preset, network=config).build(options.seed)
    facts = {"preset": options.preset}
    if isinstance(built.stem, PyramidStem):
        if options.pyramid is None:
            raise RecipeError(
                f"preset {options.preset!r} stands on a pretrained pyramid: add --pyramid FILE, which `poseglass-train "
                "pyramid` makes, or start --from weights that have one"
            )
        facts["pyramid"] = load_pyramid(options.pyramid, built.stem.pyramid, config.pyramid_width)
    return built, preset.input_size, facts
