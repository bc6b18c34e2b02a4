"""A class for a clip: mean over frames, one linear layer (PAPER: Table III, "MLP, 1 layer")."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from signscale.errors import SignScaleError
from signscale.formats.sample import Sample
from signscale.tasks.heads.finite import without_nan
from signscale.tasks.islr import IslrParams


class Classifier(nn.Module):
    """Class scores of a clip."""

    def __init__(self, recipe: IslrParams, width: int, vocabulary: list[str]):
        super().__init__()
        self.recipe, self.labels = recipe, vocabulary
        self.number = {label: k for k, label in enumerate(vocabulary)}
        self.classify = nn.Linear(width, len(vocabulary))

    def forward(self, features: Tensor, valid: Tensor) -> Tensor:
        """(B, T, width), (B, T) -> logits (B, classes)."""
        mean = (features * valid[..., None]).sum(dim=1) / valid.sum(dim=1, keepdim=True)
        return self.classify(F.dropout(mean, self.recipe.dropout, self.training))

    def loss(self, features: Tensor, valid: Tensor, samples: list[Sample]) -> Tensor:
        """Cross-entropy with label smoothing. Raises SignScaleError on a label training never had."""
        for sample in samples:
            if sample.label not in self.number:
                raise SignScaleError(f"{sample.sample_id}: label {sample.label!r} is not in the training vocabulary")
        wanted = torch.tensor([self.number[sample.label] for sample in samples], device=features.device)
        return F.cross_entropy(self(features, valid), wanted, label_smoothing=self.recipe.label_smoothing)

    def predict(self, features: Tensor, valid: Tensor, samples: list[Sample]) -> list[dict[str, Any]]:
        """All classes ranked, with probabilities, for each clip."""
        probabilities = without_nan(self(features, valid).double().softmax(dim=1), "probabilities")
        order = probabilities.argsort(dim=1, descending=True, stable=True)
        return [
            {
                "sample_id": sample.sample_id,
                "label": sample.label,
                "ranked": [self.labels[k] for k in row.tolist()],
                # Digits, not decimals: small probabilities must not become equal, equal ones count against the label.
                "probabilities": [float(f"{value:.6g}") for value in scores[row].tolist()],
            }
            for sample, row, scores in zip(samples, order, probabilities, strict=True)
        ]
