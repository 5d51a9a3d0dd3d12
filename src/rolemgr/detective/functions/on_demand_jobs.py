"""Find training and tuning jobs that run on demand; stop them where that is asked for."""

from collections.abc import Callable, Mapping
from typing import Any

from rolemgr.detective.functions.stopping import stopped

NAMES = {"CreateTrainingJob": "trainingJobName", "CreateHyperParameterTuningJob": "hyperParameterTuningJobName"}


def find(detail: dict[str, Any], environ: Mapping[str, str], client: Callable[[str], Any]) -> str | None:
    """Return what of the job that *detail* tells of runs on demand, or None where all of it is spot."""
    request = detail["requestParameters"]
    on_demand = [one for one in _definitions(request) if _is_on_demand(one)]
    if not on_demand:
        return None
    names = ", ".join(one["definitionName"] for one in on_demand if one.get("definitionName"))
    name = request[NAMES[detail["eventName"]]]
    found = f"{name} runs on demand, without managed spot training" + (names and f" (in {names})")
    return stopped(found, detail, environ, client)


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
