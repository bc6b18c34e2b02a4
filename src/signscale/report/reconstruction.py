"""Masked pose modelling as a moving picture: a held-out clip, the masked input, and what the model reconstructed."""

from dataclasses import dataclass

import numpy as np
import torch

from signscale.data.clips import ClipRef, centre_cut
from signscale.data.masking import mask_pose
from signscale.data.normalise import hand_boxes, normalise
from signscale.data.randomness import generator
from signscale.formats import skeleton
from signscale.params import Params
from signscale.report.clips import Clips, Picture
from signscale.report.pretrained import Pretrained, equal_bits
from signscale.report.skeletons import moving

PER_CORPUS, MOST = 1, 3


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """target, masked, filled: the clip, the model's input, and that input with its touched points from the model.

    share: of the points that were touched. missed: median distance of touched points from their true places, in
    shoulder widths; None where a shoulder was not seen.
    """

    sample_id: str
    text: str
    target: Picture
    masked: Picture
    filled: Picture
    share: float
    missed: float | None


def to_pixels(pose: np.ndarray, points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Undo `normalise`: centred (T, 79, 2) -> pixels, each hand by its box in `points`, the clip's own (T, 79, 3)."""
    out = (pose + 0.5) * np.array(size, np.float32)
    for where in (skeleton.NODE_LEFT_HAND, skeleton.NODE_RIGHT_HAND):
        box = hand_boxes(points[:, where], size).astype(np.float32)[:, None]
        out[:, where] = box[..., :2] + (pose[:, where] + 0.5) * (box[..., 2:] - box[..., :2])
    return out


def _missed(truth: np.ndarray, filled: np.ndarray, touched: np.ndarray) -> float | None:
    """Median distance over touched points in shoulder widths: (T, 79, 3), (T, 79, 2), bool (T, 79)."""
    left, right = truth[:, skeleton.LEFT_SHOULDER], truth[:, skeleton.RIGHT_SHOULDER]
    seen = (left[:, 2] > 0) & (right[:, 2] > 0)
    if not seen.any() or not touched.any():
        return None
    width = float(np.median(np.linalg.norm(left[seen, :2] - right[seen, :2], axis=1)))
    return float(np.median(np.linalg.norm(filled - truth[..., :2], axis=2)[touched])) / max(width, 1e-6)


def _reconstruction(ref: ClipRef, pretrained: Pretrained, params: Params, clips: Clips) -> Reconstruction:
    clip = ref.shard.clip(ref.index)
    keypoints = centre_cut(clip.keypoints, params.pretrain.model.max_frames)
    truth, pose = keypoints[:, skeleton.SELECTED], normalise(keypoints, clip.size)
    name = ref.sample.sample_id
    masked, touched = mask_pose(pose, params.pretrain.mask, generator(params.seed, "mask", 0, name))
    with equal_bits():
        valid = torch.ones(1, len(masked), dtype=torch.bool)
        features = pretrained.model.encoder(torch.from_numpy(masked[None]), valid)[0, -len(masked) :]
        answer = pretrained.model.decoder(features).numpy()
    # The model is not asked for points that were not masked: they stay as they were.
    filled = np.where(touched[..., None], answer, pose[..., :2])
    places = {what: to_pixels(xy, truth, clip.size) for what, xy in (("masked", masked[..., :2]), ("filled", filled))}
    seen = pose[..., 2:]
    moves = {
        "target": truth,
        "masked": np.concatenate([places["masked"], masked[..., 2:]], axis=2),
        "filled": np.concatenate([places["filled"], seen], axis=2),
    }
    said = {"target": "as it was", "masked": "as the model saw it, masked", "filled": "as the model filled it in"}
    still = int(touched.sum(axis=1).argmax())  # the three stand side by side on paper, at the frame most masked
    pictures = {
        what: clips.shown(f"{name}#{what}", moving(points, clip.fps, truth, still), f"Skeleton of {name}, {said[what]}")
        for what, points in moves.items()
    }
    share = float(touched.sum() / max(1, (seen > 0).sum()))
    missed = _missed(truth, places["filled"], touched)
    return Reconstruction(name, ref.sample.text, **pictures, share=share, missed=missed)


def reconstructions(pretrained: Pretrained | None, params: Params, clips: Clips) -> list[Reconstruction]:
    """One held-out clip of each of the first corpora, masked as when pre-training measures itself on them."""
    if pretrained is None or not pretrained.model.loss.reconstruction:
        return []
    return [_reconstruction(ref, pretrained, params, clips) for ref in pretrained.shown(PER_CORPUS, MOST)]
