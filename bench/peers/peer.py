# SPDX-License-Identifier: Apache-2.0
"""One peer's UNet call, on request: prints "ready", then the seconds of a call for every line read.

    python peer.py ENGINE FOLDER THREADS

ENGINE is openvino.bf16, openvino.f32, openvino.int8 (compressed weights) or torch.bf16. The network
has the shape of Stable Diffusion 1.5 and random weights; converted models are kept in FOLDER.
Batch 2, latent 64x64, 77 tokens.
"""
import os
import pathlib
import sys
import time

import numpy
import torch
from diffusers import UNet2DConditionModel

BATCH, CHANNELS, SIDE, TOKENS, WIDTH = 2, 4, 64, 77, 768
TIMESTEP = 500


def make_unet():
    """diffusers' defaults are SD1's but for the width of the text encoder."""
    torch.manual_seed(1)
    return UNet2DConditionModel(sample_size=SIDE, cross_attention_dim=WIDTH).eval()


def make_inputs():
    generator = numpy.random.default_rng(1)
    sample = generator.standard_normal((BATCH, CHANNELS, SIDE, SIDE), dtype=numpy.float32)
    states = generator.standard_normal((BATCH, TOKENS, WIDTH), dtype=numpy.float32)
    return sample, numpy.array(TIMESTEP, dtype=numpy.int64), states


class Traced(torch.nn.Module):
    """The network with a tensor as its result, as a conversion needs it."""

    def __init__(self):
        super().__init__()
        self.unet = make_unet()

    def forward(self, sample, timestep, states):
        return self.unet(sample, timestep, states, return_dict=False)[0]


def converted(folder, is_compressed):
    import openvino

    path = folder / ("unet-int8.xml" if is_compressed else "unet-f32.xml")
    if path.exists():
        return path
    if is_compressed:
        import nncf

        model = nncf.compress_weights(openvino.Core().read_model(converted(folder, False)))
    else:
        inputs = tuple(torch.from_numpy(value) for value in make_inputs())
        with torch.inference_mode(False), torch.no_grad():
            model = openvino.convert_model(
                Traced(), example_input=inputs, input=[list(value.shape) for value in inputs])
    openvino.save_model(model, path, compress_to_fp16=False)
    return path


def openvino_call(folder, dtype, threads):
    import openvino

    core = openvino.Core()
    model = core.compile_model(converted(folder, dtype == "int8"), "CPU", {
        "INFERENCE_PRECISION_HINT": "f32" if dtype == "f32" else "bf16",
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
    })
    request = model.create_infer_request()
    inputs = list(make_inputs())
    return lambda: request.infer(inputs)


def torch_call(threads):
    torch.set_num_threads(threads)
    unet = make_unet().to(torch.bfloat16).to(memory_format=torch.channels_last)
    sample, timestep, states = (torch.from_numpy(value) for value in make_inputs())
    sample = sample.to(torch.bfloat16).to(memory_format=torch.channels_last)
    states = states.to(torch.bfloat16)

    def call():
        with torch.inference_mode():
            unet(sample, timestep, states, return_dict=False)

    return call


def main():
    engine, folder, threads = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    maker, dtype = engine.split(".")
    # Libraries may print what they like, but not between our lines.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    if maker == "openvino":
        call = openvino_call(folder, dtype, threads)
    else:
        call = torch_call(threads)
    call()
    print("ready", file=answers)
    for _ in sys.stdin:
        begin = time.perf_counter()
        call()
        print(f"{time.perf_counter() - begin:.4f}", file=answers)


if __name__ == "__main__":
    main()
