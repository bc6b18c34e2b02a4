"""The graph's picture: every node and bone once, both hands alike."""

import numpy as np

from signscale.formats import skeleton
from signscale.report.graph import draw_graph, node_names, places


def test_every_node_and_bone_is_drawn_once_under_a_name_of_its_own():
    graph = draw_graph()
    assert graph.count("<circle") == graph.count("<title>") == skeleton.NODES
    assert graph.count("<line") == len(skeleton.EDGES)
    assert len(set(node_names())) == skeleton.NODES
    assert "24 of left arm and hand, 24 of right arm and hand, 31 of face and mouth" in graph


def test_the_right_half_mirrors_the_left():
    at = places()
    mirrored = np.c_[640 - at[:, 0], at[:, 1]][skeleton.MIRROR]
    assert np.abs(mirrored - at).max() < 1e-9


def test_no_two_nodes_share_a_place():
    at = places()
    distance = np.linalg.norm(at[:, None] - at[None], axis=2) + 1e9 * np.eye(len(at))
    assert distance.min() > 6
