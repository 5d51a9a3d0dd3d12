"""AWS's messages, the request behind them, the layer that denies, and the least change."""
