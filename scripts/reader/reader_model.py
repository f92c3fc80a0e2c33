"""The reader: one encoder read with two heads, one for answers and one for support."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import BertModel


class Reader(nn.Module):
    """all-MiniLM-L6-v2's encoder with a start/end head (no answer: the span at [CLS]) and a support head."""

    def __init__(self, encoder: BertModel):
        super().__init__()
        width = encoder.config.hidden_size
        self.encoder = encoder
        self.answer_head = nn.Linear(width, 2)
        self.support_head = nn.Sequential(nn.Linear(2 * width, width), nn.GELU(), nn.Linear(width, 1))

    @classmethod
    def from_embedder(cls, folder: str | Path) -> Reader:
        """Return a reader whose encoder is the embedder's and whose heads are new."""
        encoder = BertModel.from_pretrained(
            str(folder),
            add_pooling_layer=False,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            attn_implementation="eager",
        )
        return cls(encoder.float())

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor, kind: str) -> Tensor:
        """Return start and end scores a token ("qa") or one score a row ("support")."""
        states = self.encoder(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state
        if kind == "qa":
            return self.answer_head(states)
        first = (
            (mask * (1 - types)).unsqueeze(-1).to(states.dtype)
        )  # the claim's own tokens, each having read the evidence
        claim = (states * first).sum(1) / first.sum(1)
        return self.support_head(torch.cat([states[:, 0], claim], -1)).squeeze(-1)


def save_reader(reader: Reader, folder: Path, state: dict[str, Tensor] | None = None) -> None:
    """Write weights and configuration to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    state = state or reader.state_dict()
    save_file(
        {name: value.detach().float().contiguous() for name, value in state.items() if "position_ids" not in name},
        str(folder / "model.safetensors"),
    )
    reader.encoder.config.to_json_file(folder / "config.json")


def load_reader(folder: Path) -> Reader:
    """Return the reader saved in a folder."""
    from transformers import BertConfig

    config = BertConfig.from_json_file(str(folder / "config.json"))
    config._attn_implementation = "eager"
    reader = Reader(BertModel(config, add_pooling_layer=False))
    reader.load_state_dict(load_file(str(folder / "model.safetensors")), strict=False)
    return reader
