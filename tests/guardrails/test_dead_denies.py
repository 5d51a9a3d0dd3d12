"""A guardrail whose Deny no request meets, or AWS does not define, is refused where it is composed."""

from pathlib import Path

import pytest
from tests.support import composed

from rolemgr.catalog.load import Catalog
from rolemgr.errors import InputError

GUARDRAIL = "title: T\ndescription: D.\nscope: [jobs]\ndeny:\n  - {sid: A, actions: %s, conditions: %s}\n"
RUNTIME, ISOLATION = "sagemaker:MaxRuntimeInSeconds", "sagemaker:NetworkIsolation"
SEVERAL, NEVER, ABSENT = "has several values", "no request meets it", "also matches where"


@pytest.mark.parametrize(
    ("conditions", "says"),
    [
        ("{StringEquals: {'sagemaker:InstanceTypes': ml.p4d.24xlarge}}", SEVERAL),
        ("{StringLikeIfExists: {'sagemaker:InstanceTypes': ml.p4d.*}}", SEVERAL),
        ("{'ForAnyValue:StringEquals': {'sagemaker:InstanceTypes': ml.p4d.24xlarge}}", None),
        (f"{{'Null': {{'{RUNTIME}': 'true'}}, NumericGreaterThan: {{'{RUNTIME}': 3600}}}}", NEVER),
        (f"{{'Null': {{'{RUNTIME}': 'True'}}, NumericEquals: {{'{RUNTIME}': 3600}}}}", NEVER),
        (f"{{'Null': {{'{RUNTIME}': 'false'}}, NumericGreaterThan: {{'{RUNTIME}': 3600}}}}", None),
        (f"{{Bool: {{'{ISOLATION}': 'false'}}}}", ABSENT),
        (f"{{Bool: {{'{ISOLATION}': 'False'}}}}", ABSENT),
        (f"{{StringEquals: {{'{ISOLATION}': 'false'}}}}", ABSENT),
        (f"{{StringLike: {{'{ISOLATION}': 'F*'}}}}", ABSENT),
        (f"{{Bool: {{'{ISOLATION}': 'True'}}}}", None),
    ],
)
def test_a_deny_that_can_t_be_meant_is_refused(conditions: str, says: str | None, tmp_path: Path) -> None:
    """With its line, by `create` as by `check`."""
    (tmp_path / "guardrails").mkdir()
    (tmp_path / "guardrails/mine.yaml").write_text(GUARDRAIL % ("supported", conditions))
    catalog = Catalog([tmp_path])
    if says is None:
        composed(catalog, persona="data-scientist", guardrail={"mine": []})
        return
    with pytest.raises(InputError, match=f"mine.yaml:5: .*{says}"):
        composed(catalog, persona="data-scientist", guardrail={"mine": []})
