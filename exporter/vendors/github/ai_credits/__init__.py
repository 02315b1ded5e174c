"""AI credits and premium requests by model, as GitHub's billing API tells them."""
