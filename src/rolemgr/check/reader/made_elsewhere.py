"""
Resources of a template whose roles and policies are made elsewhere: of another template, a module, by SAM.

What they come to can't be known from the file, so that it is said of each.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/modules.html
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-connector.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rolemgr.check.reader.found import UnjudgedPlace

_TEMPLATES: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS::CloudFormation::Stack": ("TemplateURL",),
    "AWS::CloudFormation::StackSet": ("TemplateURL",),
    "AWS::Serverless::Application": ("Location",),
    "AWS::ServiceCatalog::CloudFormationProduct": ("ProvisioningArtifactParameters",),
    "AWS::ServiceCatalog::CloudFormationProvisionedProduct": ("ProductId", "ProductName"),
}
"""Which property of each type says where another template stands."""
TEMPLATE_BODY: Final = "TemplateBody"
_WHITELISTS: Final = ("AwsAccountWhitelist", "IpRangeWhitelist", "SourceVpcWhitelist", "IntrinsicVpcWhitelist")
"""Of https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-resourcepolicystatement.html"""


def made_elsewhere(kind: str, body: Mapping[str, Any], properties: Any) -> Iterator[UnjudgedPlace]:
    """Yield what the resource *body* of type *kind* makes elsewhere, at its place within the resource."""
    given = properties if isinstance(properties, dict) else {}
    for name in _TEMPLATES.get(kind, ()):
        if name in given:
            yield UnjudgedPlace(("Properties", name), f"{_called(given[name])} is not read here")
    if TEMPLATE_BODY in given:
        yield UnjudgedPlace(("Properties", TEMPLATE_BODY), "a template within the template is not read")
    if kind.endswith("::MODULE"):
        yield UnjudgedPlace(("Type",), f"the resources of the module `{kind}` are not read")
    if kind == "AWS::Serverless::Connector":
        yield UnjudgedPlace(("Properties",), "SAM makes the policies of a connector when it is deployed")
    if kind.startswith("AWS::Serverless::") and "Connectors" in body:
        yield UnjudgedPlace(("Connectors",), "SAM makes the policies of connectors when it is deployed")
    yield from _whitelists(given)


def _called(value: Any) -> str:
    """Return the template that *value* says the place of, as a reason names it."""
    inner = value if isinstance(value, str) and len(value) <= 60 and "\n" not in value else None
    return f"the template `{inner}` of the resource" if inner else "the template of the resource"


def _whitelists(properties: Mapping[str, Any]) -> Iterator[UnjudgedPlace]:
    auth = properties.get("Auth")
    policy = auth.get("ResourcePolicy") if isinstance(auth, dict) else None
    given = policy if isinstance(policy, dict) else {}
    for name in _WHITELISTS:
        if name in given:
            place = ("Properties", "Auth", "ResourcePolicy", name)
            yield UnjudgedPlace(place, f"SAM makes a policy of `{name}` when it is deployed")
