"""The 79-node graph in its parts (the paper's Fig. 5): what a skeleton on this page consists of, not to scale."""

import numpy as np
from markupsafe import Markup

from signscale.formats import skeleton
from signscale.report import svg

WIDTH, HEIGHT = 640, 400
MIDDLE = WIDTH / 2
_BODY = ("nose", "left eye", "right eye", "left ear", "right ear", "left shoulder", "right shoulder")
_ARMS = ("left elbow", "right elbow", "left wrist", "right wrist")
PARTS = {
    "left": ("left arm and hand", skeleton.NODE_LEFT_SIDE),
    "right": ("right arm and hand", skeleton.NODE_RIGHT_SIDE),
    "face": ("face and mouth", skeleton.NODE_NON_MANUAL),
}


def node_names() -> list[str]:
    """What each of the 79 nodes is, in order."""
    jaw = [f"jaw line {k}" for k in range(1, 18)] + ["tip of the nose"]
    lip = [f"inner lip {k}" for k in range(1, 9)]
    hands = [f"{side} hand, {joint.replace('_', ' ')}" for side in ("left", "right") for joint in skeleton.HAND_JOINTS]
    return [*_BODY, *_ARMS, *jaw, *lip, *hands]


def places() -> np.ndarray:
    """Where each node is drawn, (79, 2): a signer who faces us, hands up, palms forward, hands and mouth enlarged."""
    at = np.zeros((skeleton.NODES, 2))
    # The signer's right is on our left. Half of the points are given, their mirror images follow.
    for (left, right), (out, y) in {
        (skeleton.LEFT_EYE, skeleton.RIGHT_EYE): (28, 92),
        (skeleton.LEFT_EAR, skeleton.RIGHT_EAR): (86, 100),
        (skeleton.LEFT_SHOULDER, skeleton.RIGHT_SHOULDER): (104, 290),
        (skeleton.LEFT_ELBOW, skeleton.RIGHT_ELBOW): (170, 372),
        (skeleton.LEFT_WRIST, skeleton.RIGHT_WRIST): (206, 296),
    }.items():
        at[left], at[right] = (MIDDLE + out, y), (MIDDLE - out, y)
    at[skeleton.NOSE] = MIDDLE, 108
    turn = np.linspace(np.pi, 0, 17)
    at[skeleton.NODE_JAW[:17]] = np.c_[MIDDLE + 72 * np.cos(turn), 118 + 108 * np.sin(turn)]
    at[skeleton.NODE_JAW[17]] = MIDDLE, 134
    turn = np.pi - np.arange(8) * np.pi / 4
    at[skeleton.NODE_MOUTH] = np.c_[MIDDLE + 32 * np.cos(turn), 176 - 15 * np.sin(turn)]
    for nodes, side in ((skeleton.NODE_LEFT_HAND, 1), (skeleton.NODE_RIGHT_HAND, -1)):
        wrist = np.array([MIDDLE + side * 214, 272])
        at[nodes[0]] = wrist
        for finger, (angle, reach) in enumerate(((-58, 0.86), (-21, 1.0), (0, 1.1), (19, 1.02), (38, 0.88))):
            way = np.array([side * np.sin(np.radians(angle)), -np.cos(np.radians(angle))])
            at[nodes[1 + 4 * finger : 5 + 4 * finger]] = wrist + np.outer([78, 124, 160, 190], reach * way)
    return at


def draw_graph() -> Markup:
    """The graph, bones that join two parts dashed; a node's name is its tooltip."""
    at, names = places(), node_names()
    part_of = {int(node): part for part, (_, nodes) in PARTS.items() for node in nodes}
    parts = []
    for a, b in skeleton.EDGES:
        css = f"bone {part_of[a]}" if part_of[a] == part_of[b] else "bone join"
        parts.append(svg.rule(*at[a], *at[b], css))
    dot = Markup(
        '<circle cx="{:.1f}" cy="{:.1f}" r="4" class="node {}"><title>{}: node {} of 79, point {} of 133</title>'
    )
    for node, (x, y) in enumerate(at):
        point = int(skeleton.SELECTED[node])
        parts.append(dot.format(x, y, part_of[node], names[node], node, point) + Markup("</circle>"))
    sizes = ", ".join(f"{len(nodes)} of {title}" for title, nodes in PARTS.values())
    label = f"Graph of {skeleton.NODES} nodes and {len(skeleton.EDGES)} bones: {sizes}."
    return svg.picture(WIDTH, HEIGHT, label, "chart graph", parts)
