"""InterWild, the paper's hand estimator."""
