"""Where a run or a job stands in the queue, in words."""

from board.page_context import PageContext
from board.widgets.markdown import escape_markdown
from mnist_core.errors import MnistCoreError
from mnist_core.runs.folder import WorkFolder
from mnist_core.runs.queue import ahead
from mnist_core.runs.run import Run
from mnist_core.search.job import Job
from mnist_core.search.requests import SweepRequest

_NAMED = 3


def describe_position(context: PageContext, item: WorkFolder) -> str:
    """Return how many runs and jobs are ahead in the queue, and the names of the first ones."""
    t, before = context.t, ahead(context.root, item)
    start = t("Waiting for its turn; it starts automatically.")
    if not before:
        return f"{start} {t('It is the next one in the queue.')}"
    names = ", ".join(_name(context, one) for one in before[:_NAMED])
    more = t("and {n} more", n=len(before) - _NAMED) if len(before) > _NAMED else ""
    place = t("Ahead of it in the queue: {n}", n=len(before))
    return f"{start} {place} ({escape_markdown(' '.join([names, more]).strip())})."


def job_name(context: PageContext, item: WorkFolder) -> str:
    """Return what a job does; its id if that is damaged, which the page Search reports."""
    try:
        request = Job(item.folder).request()
    except MnistCoreError:
        return item.id
    if isinstance(request, SweepRequest):
        return context.t("Sweep {study}", study=request.study)
    return context.t("Range test of {model}", model=request.config.model)


def _name(context: PageContext, item: WorkFolder) -> str:
    if not isinstance(item, Run):
        return job_name(context, item)
    try:
        return item.read_state().name or item.id
    except MnistCoreError:
        return item.id
