"""Pose estimators: frames in, 133 keypoints a frame out; one folder each, and their registry.

Adding one is a folder with an `ESTIMATOR` in its `__init__.py`, here or in a folder `estimators` in the repository's
root. Its settings are the section `keypoints.<name>` of params.yaml.
"""

from signscale.registry import Registry

ESTIMATORS = Registry(__name__, __path__, "estimator")
