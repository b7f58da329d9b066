"""Which pictures go into which step."""

from collections.abc import Sequence

import torch
from torch import Tensor

from tracker.training.reid_recipe import Recipe


def epoch_batches(
    person: Tensor, source: Tensor | None, recipe: Recipe, generator: torch.Generator
) -> Tensor:
    """Choose the batches of an epoch as the recipe says: (batches, B) int64 positions."""
    hand = recipe.images_per_person
    if not hand:
        return random_batches(len(person), recipe.batch_size, generator)
    if recipe.mix and source is not None:
        return mixed_batches(person, source, recipe.mix, hand, generator)
    return identity_batches(person, recipe.batch_size // hand, hand, generator)


def random_batches(count: int, batch_size: int, generator: torch.Generator) -> Tensor:
    """Shuffle all pictures into batches; those that do not fill a last one are left out.

    Returns:
        (batches, batch_size) int64 positions.
    """
    order = torch.randperm(count, generator=generator)
    return order[: count // batch_size * batch_size].reshape(-1, batch_size)


def identity_batches(
    person: Tensor, people_per_batch: int, images_per_person: int, generator: torch.Generator
) -> Tensor:
    """Shuffle pictures into batches of P people with K pictures each.

    Each person's pictures are dealt into hands of K, the last hand filled up from the person's
    pictures; somebody with fewer than K pictures shows some of them more than once. A batch takes
    one hand each of P people drawn by chance among those with hands left; the epoch ends when
    fewer than P people have any.

    Args:
        person: (N,) int64 labels.
        people_per_batch: P.
        images_per_person: K.
        generator: Source of all chance.

    Returns:
        (batches, P * K) int64 positions, the pictures of a person side by side.
    """
    labels, counts = torch.unique(person, return_counts=True)
    if images_per_person == 1 and len(labels) == len(person):
        return random_batches(len(person), people_per_batch, generator)
    own = torch.split(person.argsort(stable=True), counts.tolist())
    hands = {
        p: _hands(positions, images_per_person, generator)
        for p, positions in zip(labels.tolist(), own, strict=True)
    }
    batches = []
    while len(hands) >= people_per_batch:
        people = list(hands)
        order = torch.randperm(len(people), generator=generator)[:people_per_batch]
        chosen = [people[i] for i in order.tolist()]
        batches.append(torch.cat([hands[p].pop() for p in chosen]))
        hands = {p: left for p, left in hands.items() if left}
    empty = torch.zeros((0, people_per_batch * images_per_person), dtype=torch.int64)
    return torch.stack(batches) if batches else empty


def mixed_batches(
    person: Tensor,
    source: Tensor,
    people_per_batch: Sequence[int],
    images_per_person: int,
    generator: torch.Generator,
) -> Tensor:
    """Deal batches with a fixed number of people from each source.

    The epoch is one of the first source; the others are dealt as often as that needs. A source
    with a single picture of each person shows K times as many people instead.

    Args:
        person: (N,) int64 labels.
        source: (N,) int64, 0 to S - 1.
        people_per_batch: S numbers.
        images_per_person: K.
        generator: Source of all chance.

    Returns:
        (batches, sum of people * K) int64 positions; no batches if any source has too few people.
    """
    parts: list[Tensor] = []
    for number, people in enumerate(people_per_batch):
        own = torch.nonzero(source == number).flatten()
        views = min(images_per_person, int(torch.bincount(person[own]).max()))
        shape = (people * images_per_person // views, views)
        dealt = identity_batches(person[own], *shape, generator)
        while parts and 0 < len(dealt) < len(parts[0]):
            dealt = torch.cat([dealt, identity_batches(person[own], *shape, generator)])
        parts.append(own[dealt])
    count = min(map(len, parts))
    return torch.cat([part[:count] for part in parts], dim=1)


def _hands(positions: Tensor, size: int, generator: torch.Generator) -> list[Tensor]:
    shuffled = positions[torch.randperm(len(positions), generator=generator)]
    lacking = -len(positions) % size
    extra = torch.randint(len(positions), (lacking,), generator=generator)
    return list(torch.cat([shuffled, positions[extra]]).reshape(-1, size))
