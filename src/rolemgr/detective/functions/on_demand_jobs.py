"""Find training and tuning jobs that run on demand; stop them where that is asked for."""

from collections.abc import Callable, Mapping
from typing import Any

JOBS = {
    "CreateTrainingJob": ("trainingJobName", "stop_training_job"),
    "CreateHyperParameterTuningJob": ("hyperParameterTuningJobName", "stop_hyper_parameter_tuning_job"),
}


def find(detail: dict[str, Any], environ: Mapping[str, str], client: Callable[[str], Any]) -> str | None:
    """Return what of the job that *detail* tells of runs on demand, or None where all of it is spot."""
    field, method = JOBS[detail["eventName"]]
    request = detail["requestParameters"]
    on_demand = [one for one in _definitions(request) if _is_on_demand(one)]
    if not on_demand:
        return None
    names = ", ".join(one["definitionName"] for one in on_demand if one.get("definitionName"))
    found = f"{request[field]} runs on demand, without managed spot training" + (names and f" (in {names})")
    if environ.get("STOP") != "true":
        return found
    try:
        getattr(client("sagemaker"), method)(**{field[0].upper() + field[1:]: request[field]})
    except Exception as error:  # the finding is published in any case
        return f"{found}; it could not be stopped: {error}"
    return f"{found}; it is being stopped"


def _definitions(request: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what starts instances: a training job itself, or the one or several definitions of a tuning job."""
    if "trainingJobName" in request:
        return [request]
    several = request.get("trainingJobDefinitions") or []
    return [one for one in (request.get("trainingJobDefinition"), *several) if one]


def _is_on_demand(definition: dict[str, Any]) -> bool:
    """Tell whether it could use spot and does not; serverless jobs and training plans have no on-demand instances."""
    if definition.get("serverlessJobConfig") or (definition.get("resourceConfig") or {}).get("trainingPlanArn"):
        return False
    return definition.get("enableManagedSpotTraining") is not True
