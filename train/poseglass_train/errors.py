"""What a user of the training package can get wrong.

TrainingError
|-- DatasetError      a data set is not where it was looked for, or not in its released layout
|-- RecipeError       a recipe or an option that does not exist, or does not fit what is resumed
`-- DivergedError     the loss is no longer finite
"""


class TrainingError(Exception):
    """Root of the training package's errors; the message is a sentence for the user."""


class DatasetError(TrainingError):
    """A data set is missing or not in its released layout; names what was looked for."""


class RecipeError(TrainingError):
    """An unknown recipe, or one that does not fit the run that is to be resumed."""


class DivergedError(TrainingError):
    """The loss is not finite; the last checkpoint is as it was."""
