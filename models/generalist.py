"""A larger model that writes: it is told what to do, given a text, and gives a text back. The same file, the same text.

The layout of a talk (system, user, assistant) comes from the file's chat template as llama.cpp itself knows it; a
template is never executed. Only the template's own pieces become marks: whatever the person or others wrote is taken
letter by letter, so that "<|im_end|>" in a mail ends nothing. Deliberately not here: the process (`writer.py`).
"""

from __future__ import annotations

import ctypes
import os
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from nearhand.models.llama import Llama, ModelError, llama
from nearhand.models.tasks import Task, Written

CONTEXT, BATCH = 8192, 512
"""How much it can have in mind, and how much of that is read at once; less where the model was made for less."""
_LEAST_ROOM = 64
_SPARE = 768 << 20
"""Memory beside the file: what was read so far, working space, and everything else that runs."""
_CONTROL, _USER_DEFINED = 1 << 3, 1 << 4
_PLACES = ("NEARHANDPLACEONE", "NEARHANDPLACETWO")
"""Stand in the laid out talk where words will be; letters only, so that no template changes them."""
_MARK = re.compile(r"<[^<>\s]{1,40}>|\[/?[A-Z_]{2,24}\]")
_ENDS = re.compile(r".*[.!?…][\"”’')]*(?=\s|$)", re.S)


class Generalist(Llama):
    """A loaded model that was made to be talked to."""

    def __init__(self, path: Path, threads: int = 2) -> None:
        if not path.is_file():
            raise ModelError(f"There is no model file at {path}. Put it back, or do without: nearhand model add none")
        check_room(path)
        self._load(path)
        self._pieces = self._laid_out(path)
        trained = int(llama.llama_model_n_ctx_train(self._model))
        self._open(path, min(trained or CONTEXT, CONTEXT), min(BATCH, trained or BATCH), threads)
        self._sampler = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
        steps = llama.llama_sampler_init_penalties(self.size, 64, 1.1, 0.0, 0.0), llama.llama_sampler_init_greedy()
        for step in steps:
            llama.llama_sampler_chain_add(self._sampler, step)

    @property
    def vocabulary(self) -> object:
        """The library's own vocabulary, for its samplers."""
        return self._vocab

    def close(self) -> None:
        """Free the model's memory."""
        sampler, self._sampler = self._sampler, None
        if sampler:
            llama.llama_sampler_free(sampler)
        super().close()

    def write(self, task: Task) -> Written:
        """Write a text; it is cut where its length or its time is up."""
        until = time.monotonic() + task.seconds
        prompt, read = self._prompt(task)
        self.restart()
        llama.llama_sampler_reset(self._sampler)
        for at in range(0, len(prompt), BATCH):
            self.read(prompt[at : at + BATCH])
            if time.monotonic() > until:
                return Written("", read, "time")
        out, cut = self._said(task.most, until)
        text = out.decode("utf-8", "replace").strip()
        return Written(_whole(text) if cut else text, read, cut)

    # --- the prompt ---------------------------------------------------------------------------------------------------

    def _laid_out(self, path: Path) -> list[str]:
        """The template's own pieces around the words of a talk: before, between and after them."""
        template = cast("bytes | None", llama.llama_model_chat_template(self._model, None))
        if not template:
            raise ModelError(
                f"{path} has no chat template, so it cannot be told what to write. Choose an instruction-tuned model. "
                f"(If it is an action model, use it to plan: nearhand model use {path})"
            )
        self.template = template.decode("utf-8", "replace")
        first, second = _PLACES
        for talk in (("system", first), ("user", second)), (("user", f"{first}\n\n{second}"),):
            laid = _applied(template, talk)
            if laid.count(first) == laid.count(second) == 1 and laid.index(first) < laid.index(second):
                return re.split(f"{first}|{second}", laid)
        raise ModelError(
            f"The chat template of {path} is none that llama.cpp knows, and Nearhand executes none from a file. "
            "Choose a model of a common family (chatml, llama 3, gemma, mistral, phi)."
        )

    def _prompt(self, task: Task) -> tuple[list[int], int]:
        """The whole talk as tokens, and how many characters of the content had room in it."""
        after = self.closing()
        head = [*self.opening(self.plain(task.rules)), *self.plain(task.request)]
        room = self.context - task.most - len(head) - len(after)
        if room < (_LEAST_ROOM if task.content else 0):
            raise ModelError("The request is too long for this model. Say it in fewer words.")
        if not task.content:
            return [*head, *after], 0
        rest = self.plain(f"\n\n{task.content}")
        if len(rest) <= room:
            return [*head, *rest, *after], len(task.content)
        kept = rest[:room]
        return [*head, *kept, *after], max(len(self.text(kept).decode("utf-8", "ignore")) - 2, 0)

    def opening(self, rules: list[int]) -> list[int]:
        """The talk up to where the words of the person begin."""
        before, between = map(self.marked, self._pieces[:2])
        if llama.llama_vocab_get_add_bos(self._vocab):
            begin = int(llama.llama_vocab_bos(self._vocab))
            before = before if before[:1] == [begin] else [begin, *before]
        return [*before, *rules, *between]

    def closing(self) -> list[int]:
        """The talk from where those words end to where the model's begin."""
        return self.marked(self._pieces[2])

    def plain(self, text: str) -> list[int]:
        """The tokens of what somebody wrote; no mark of the template can come out, however it is spelled."""
        text = text.encode("utf-8", "replace").decode("utf-8")
        for mark in self._spelled:
            text = text.replace(mark, f"{mark[0]} {mark[1:]}")
        out: list[int] = []
        for token in self.tokenize(text):
            out += self._letters(token) if self._special(token) else [token]
        return out

    @property
    def _spelled(self) -> set[str]:
        """Marks of the template that are no tokens of their own, so that only their letters tell them from words."""
        marks = {mark for piece in self._pieces for mark in _MARK.findall(piece)}
        return {mark for mark in marks if len(self.marked(mark)) > 1}

    def _special(self, token: int) -> bool:
        attributes = int(llama.llama_vocab_get_attr(self._vocab, token))
        named = bool(attributes & _USER_DEFINED) and bool(_MARK.fullmatch(self.token_text(token)))
        return named or bool(attributes & _CONTROL) or bool(llama.llama_vocab_is_eog(self._vocab, token))

    def _letters(self, token: int) -> list[int]:
        """A mark that somebody typed, as the letters that it is."""
        found = (each for letter in self.token_text(token) for each in self.tokenize(letter))
        return [each for each in found if not self._special(each)]

    def marked(self, piece: str) -> list[int]:
        """The tokens of a piece of the template, or of words of our own, where marks are marks."""
        raw = piece.encode("utf-8")
        room = len(raw) + 8
        out = (llama.llama_token * room)()
        n = llama.llama_tokenize(self._vocab, raw, len(raw), out, room, False, True)
        if n < 0:
            raise ModelError("The chat template could not be tokenized.")
        return list(out[:n])

    # --- reading and writing ------------------------------------------------------------------------------------------

    def keep(self, tokens: list[int]) -> int:
        """Forget everything but as many of these tokens, in whole batches, as were read first; how many are kept."""
        same = next((at for at, pair in enumerate(zip(self.fed, tokens, strict=False)) if len({*pair}) > 1), None)
        count = min(len(self.fed), len(tokens)) if same is None else same
        count -= 0 if count == len(tokens) else count % BATCH
        if count and llama.llama_memory_seq_rm(self._memory, 0, count, -1):
            del self.fed[count:]
            return count
        self.restart()
        return 0

    def ends(self, token: int) -> bool:
        """Whether a token ends what is said."""
        return bool(llama.llama_vocab_is_eog(self._vocab, token))

    def read(self, tokens: Sequence[int]) -> None:
        """Read some tokens, at most a batch of them."""
        array = (llama.llama_token * len(tokens))(*tokens)  # kept alive: the batch only points at it
        if llama.llama_decode(self._context, llama.llama_batch_get_one(array, len(tokens))):
            raise ModelError("The model failed to run; nothing was changed.")
        self.fed += tokens

    def _said(self, most: int, until: float) -> tuple[bytes, str]:
        """What it says, token by token the likeliest, and why that was cut."""
        out = b""
        for _ in range(most):
            token = int(llama.llama_sampler_sample(self._sampler, self._context, -1))
            if self.ends(token):
                return out, ""
            out += self.text([token])
            if time.monotonic() > until:
                return out, "time"
            self.read([token])
        return out, "length"

    def text(self, tokens: Sequence[int], marks: bool = False) -> bytes:
        """The bytes of some tokens; marks have none unless they are wanted."""
        room = ctypes.create_string_buffer(256)
        lengths = ((llama.llama_token_to_piece(self._vocab, each, room, len(room), 0, marks), each) for each in tokens)
        return b"".join(room.raw[:length] for length, _ in lengths if length > 0)


def check_room(path: Path) -> None:
    """Raise ModelError if this machine has not the memory for a model file."""
    needed, there = path.stat().st_size + _SPARE, memory()
    if there and needed > there:
        raise ModelError(
            f"{path.name} is too big for this machine: it needs about {needed / 1e9:.1f} GB of memory, and there are "
            f"{there / 1e9:.1f} GB. Choose a smaller model, or the same with fewer bits (Q4_K_M)."
        )


def memory() -> int:
    """The bytes of memory that this machine has; 0 if that is unknown."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return 0


def _applied(template: bytes, talk: Sequence[tuple[str, str]]) -> str:
    """The talk laid out by llama.cpp's own knowledge of a template; "" if it knows it not."""
    messages = (llama.llama_chat_message * len(talk))(*(
        llama.llama_chat_message(role.encode(), said.encode()) for role, said in talk
    ))  # fmt: skip
    room = ctypes.create_string_buffer(8192)
    length = int(llama.llama_chat_apply_template(template, messages, len(talk), True, room, len(room)))
    return room.raw[:length].decode("utf-8", "replace") if 0 < length <= len(room) else ""


def _whole(text: str) -> str:
    """A text that was cut, up to the end of its last sentence if it has one."""
    found = _ENDS.match(text)
    return found.group().strip() if found else text
