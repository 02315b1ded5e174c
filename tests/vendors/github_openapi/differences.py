"""Where GitHub is known to differ from its own description, and how that is known."""

from collections.abc import Mapping

_SCOPES = ("/enterprises/{enterprise}", "/organizations/{org}")

_BUDGETS = {
    "budgets: 200: $.budgets[]: 'budget_product_sku' is a required property": (
        "its examples have budget_product_skus"
    ),
    "budgets: 200: $.budgets[]: Additional properties are not allowed "
    "('budget_product_skus' was unexpected)": "as above",
}
_BILLING = _BUDGETS | {
    "budgets/{budget_id}: 200: $: 'budget_product_sku' is a required property": "as in the list",
    "budgets/{budget_id}: 200: $: 'budget_entity_name' is a required property": (
        "the budget of a user or of the whole enterprise has none in the list either"
    ),
    "budgets/{budget_id}: 200: $: Additional properties are not allowed "
    "('budget_product_skus', 'consumed_amount' were unexpected)": "told since October 2026",
    "usage: 200: $.usageItems[].quantity: type": "its CSV exports of the same bill have fractions",
}


def _of_both(differences: Mapping[str, str]) -> dict[str, str]:
    return {
        f"GET {scope}/settings/billing/{difference}": reason
        for scope in _SCOPES
        for difference, reason in differences.items()
    }


IN_EXAMPLES: Mapping[str, str] = {
    **_of_both(
        _BUDGETS | {"budgets: 200: $.budgets[].budget_type: oneOf": "an example has BundlePricing"}
    ),
    **{
        f"GET {path}/copilot/billing/seats: 200: $.seats[].assigning_team: oneOf": (
            "the team has no `type`, so it is of no kind"
        )
        for path in ("/enterprises/{enterprise}", "/orgs/{org}")
    },
}
"""Where GitHub's own examples differ."""

IN_ANSWERS: Mapping[str, str] = _of_both(_BILLING)
"""Where the simulator follows GitHub's servers or examples and not the description."""
