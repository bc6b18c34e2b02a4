"""Clips beside sentences: two towers and the fine-grained similarity (PAPER: Table III, SL-RT)."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from signscale.formats.sample import Sample
from signscale.model.similarity import contrastive_loss, fine_grained_similarity, window_average
from signscale.tasks.heads.finite import without_nan
from signscale.tasks.metrics.retrieval import retrieval_ranks
from signscale.tasks.retrieval import RetrievalParams
from signscale.tasks.task import SentenceFeatures
from signscale.text.padding import padded_text

SHOWN = 5
"""Clips listed for each text query in a prediction line."""


class TwoTowers(nn.Module):
    """Projections of sign windows and of the frozen encoder's tokens into one space."""

    def __init__(self, recipe: RetrievalParams, width: int, store: SentenceFeatures):
        super().__init__()
        self.recipe, self.store = recipe, store
        self.project_sign = nn.Linear(width, recipe.shared_width)
        self.project_text = nn.Linear(store.width, recipe.shared_width)
        self.log_temperature = nn.Parameter(torch.tensor([recipe.temperature]).log())

    def _similarity(self, sign: Tensor, text: Tensor, sign_mask: Tensor, text_mask: Tensor) -> Tensor:
        """(B, U) similarity of every clip and text."""
        return fine_grained_similarity(sign, text, sign_mask, text_mask, self.recipe.attention_temperature)

    def sign_windows(self, features: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, width), (B, T) -> unit vectors (B, m, d) and their mask (B, m)."""
        windows, mask = window_average(self.project_sign(features), valid, self.recipe.window)
        return F.normalize(windows, dim=2), mask

    def text_tokens(self, samples: list[Sample]) -> tuple[Tensor, Tensor, Tensor]:
        """Unit vectors (U, n, d) of the distinct sentences, their mask (U, n), and each sample's row (B,)."""
        rows = [self.store.index(sample.text, sample.language) for sample in samples]
        distinct = sorted(set(rows))
        text, mask = padded_text(self.store, distinct)
        device = self.log_temperature.device
        column = torch.tensor([distinct.index(row) for row in rows], device=device)
        return F.normalize(self.project_text(text.to(device)), dim=2), mask.to(device), column

    def loss(self, features: Tensor, valid: Tensor, samples: list[Sample]) -> Tensor:
        """Symmetric InfoNCE over the batch; equal sentences are one text."""
        sign, sign_mask = self.sign_windows(features, valid)
        text, text_mask, column = self.text_tokens(samples)
        similarity = self._similarity(sign, text, sign_mask, text_mask)
        return contrastive_loss(similarity, column, self.log_temperature.exp().clamp(min=0.01))

    def predict(self, sign: Tensor, sign_mask: Tensor, samples: list[Sample]) -> list[dict[str, Any]]:
        """Ranks among exactly these samples from their windows (`sign_windows`), and the best clips of each text."""
        text, text_mask, column = self.text_tokens(samples)
        similarity = without_nan(self._similarity(sign, text, sign_mask, text_mask), "similarities")
        similarity = similarity.T.double().cpu().numpy()
        of_clip = [str(number) for number in column.tolist()]
        rows = sorted(set(of_clip), key=int)
        text_to_video, video_to_text = retrieval_ranks(similarity, rows, of_clip)
        lines = []
        for clip, sample in enumerate(samples):
            row = int(of_clip[clip])
            best = (-similarity[row]).argsort(kind="stable")[:SHOWN]
            lines.append(
                {
                    "sample_id": sample.sample_id,
                    "text": sample.text,
                    "text_id": of_clip[clip],
                    "t2v_rank": int(text_to_video[row]),
                    "v2t_rank": int(video_to_text[clip]),
                    "top": [
                        {"sample_id": samples[k].sample_id, "score": round(float(similarity[row, k]), 6)} for k in best
                    ],
                }
            )
        return lines
