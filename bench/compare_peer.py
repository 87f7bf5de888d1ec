# SPDX-License-Identifier: MIT
"""One measurement of compare_pytorch.py, in a process of its own; its last line of output is JSON.

    python3 compare_peer.py prepare CASE FOLDER [--data CIFAR]     trains the PyTorch model, writes the files of FOLDER
    python3 compare_peer.py PEER CASE FOLDER --measure inference   times a peer on those files

If a package is not installed, it prints {"missing": package} and the exit code is 3."""
import argparse
import importlib
import inspect
import json
import os
import pathlib
import resource
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "reference"))
sys.dont_write_bytecode = True

STEPS, BATCH = 4, 16


class Missing(Exception):
    """A package that a peer needs is not installed."""


def need(module):
    """Imports a module, or raises Missing."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise Missing(module.partition(".")[0]) from error


def network(case):
    import staa_reference as ref
    return {
        "resnet20_staa_t4": lambda: ref.ResNet20(STEPS),
        "resnet20_lif_t4": lambda: ref.ResNet20(STEPS, opt=ref.VANILLA),
        "resnet20_w16_staa_t4": lambda: ref.ResNet20(STEPS, width=16),
        "vgg13_staa_t4": lambda: ref.Vgg13(STEPS),
    }[case]()


def neurons(model):
    import staa_reference as ref
    return {name: module for name, module in model.named_modules() if isinstance(module, ref.StaaLif)}


# ---------------------------------------------------------------- images
def cifar(folder, count):
    """The first images of CIFAR-10's binary version, normalised as the library's loader does."""
    path, record = pathlib.Path(folder) / "data_batch_1.bin", 1 + 3 * 32 * 32
    if not path.is_file():
        sys.exit(f"no such file: {path}; --data is the folder of the binary version of CIFAR-10")
    with path.open("rb") as file:
        data = bytearray(file.read(count * record))
    if len(data) < count * record:
        sys.exit(f"{path}: {count} images are needed, of {record} bytes each, but the file has {len(data)} bytes")
    records = torch.frombuffer(data, dtype=torch.uint8).reshape(count, record)
    mean, deviation = torch.tensor([.4914, .4822, .4465]), torch.tensor([.2023, .1994, .2010])
    pixels = records[:, 1:].reshape(count, 3, 32, 32).float() / 255
    return (pixels - mean[:, None, None]) / deviation[:, None, None], records[:, 0].long()


def patterns(count):
    """Images that can be learnt: each class has a smooth pattern of its own, with noise."""
    pattern = F.interpolate(torch.randn(10, 3, 4, 4), size=(32, 32), mode="bilinear", align_corners=False)
    labels = torch.arange(count) % 10
    return pattern[labels] + 0.5 * torch.randn(count, 3, 32, 32), labels


# ---------------------------------------------------------------- what all peers measure with
def resident_mib(name):
    """VmRSS, the memory in use now, or VmHWM, its peak. Where the system is not Linux, both give the peak."""
    try:
        for line in pathlib.Path("/proc/self/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def time_passes(run, repeats, seconds):
    """Seconds per pass, one per repeat of at least `seconds`. First passes compile, allocate and fill the caches."""
    def timed(passes):
        start = time.perf_counter()
        for _ in range(passes):
            run()
        return time.perf_counter() - start

    timed(2)
    passes = 1 + int(seconds / timed(1))
    return [timed(passes) / passes for _ in range(repeats)]


def wake_pytorch():
    """Makes PyTorch load what it loads on first use, so that this does not count as memory of a training step."""
    layer = torch.nn.Conv2d(3, 8, 3)
    F.cross_entropy(layer(torch.randn(2, 3, 8, 8)).mean((-2, -1)), torch.zeros(2, dtype=torch.long)).backward()


# ---------------------------------------------------------------- the trained network
def train(model, images, labels):
    """Trains with SGD and time-step random dropout. Gives the loss of each step."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)
    losses = []
    model.train()
    for x, y in zip(images.split(BATCH), labels.split(BATCH)):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def firing_rates(model, images):
    """Logits in evaluation mode, and the firing rate of every layer of neurons, by name."""
    rates = {}
    for name, module in neurons(model).items():
        module.register_forward_hook(lambda _, __, spikes, name=name: rates.update({name: spikes.mean().item()}))
    with torch.no_grad():
        return model.eval()(images), rates


def prepare(options):
    count = (options.train_steps + 1) * BATCH
    torch.manual_seed(1)
    images, labels = cifar(options.data, count) if options.data else patterns(count)
    model = network(options.case)
    losses = train(model, images[:-BATCH], labels[:-BATCH])
    images, labels = images[-BATCH:].clone(), labels[-BATCH:].clone()
    logits, rates = firing_rates(model, images)
    import make_weights  # only now, since it replaces the spike function of the model by a slower one
    make_weights.save(options.folder / "weights.safetensors", model.state_dict())
    make_weights.save(options.folder / "batch.safetensors", {"images": images, "labels": labels})
    torch.save(model.state_dict(), options.folder / "weights.pt")
    torch.save((images, labels), options.folder / "batch.pt")
    return {"logits": logits.flatten().tolist(), "firing_rates": rates, "losses": losses,
            "version": "PyTorch " + torch.__version__}


def trained_network(options):
    model = network(options.case)
    model.load_state_dict(torch.load(options.folder / "weights.pt"))
    for neuron in neurons(model).values():
        neuron.dropped = [False] * STEPS  # no step is dropped: the same work for all peers
    return model


# ---------------------------------------------------------------- peers
def measure_module(options, prepare_module, before_pass=lambda model: None):
    """Times a torch module. prepare_module(model) gives the function that is called in place of the model."""
    images, labels = torch.load(options.folder / "batch.pt")
    wake_pytorch()
    before = resident_mib("VmRSS")
    model = trained_network(options)
    called = prepare_module(model)

    def infer():
        before_pass(model)
        with torch.no_grad():
            return called(images)

    def step():
        before_pass(model)
        model.zero_grad()
        F.cross_entropy(called(images), labels).backward()

    model.train(options.measure == "training")
    times = time_passes(infer if options.measure == "inference" else step, options.repeats, options.seconds)
    found = {"seconds": times, "resident_before_mib": before, "resident_peak_mib": resident_mib("VmHWM"),
             "version": "PyTorch " + torch.__version__}
    if options.measure == "inference":
        found["logits"] = infer().flatten().tolist()
    return found


def pytorch(options):
    return measure_module(options, lambda model: model)


def pytorch_compiled(options):
    if not hasattr(torch, "compile"):
        raise Missing(f"torch.compile: this is PyTorch {torch.__version__}, and PyTorch 2 is needed")
    return measure_module(options, torch.compile)


def with_spikingjelly_neurons(model):
    """SpikingJelly's neuron, torch backend, in the place of each of the oracle's; convolutions and names stay."""
    from spikingjelly.activation_based import neuron, surrogate
    for name, own in neurons(model).items():
        parent, _, attribute = name.rpartition(".")
        leak = own.opt.tau
        setattr(model.get_submodule(parent), attribute, neuron.LIFNode(
            tau=1 / (1 - leak), decay_input=False, v_threshold=own.opt.v_th, v_reset=0.0, step_mode="m",
            surrogate_function=surrogate.Rect(alpha=1 / own.opt.window), detach_reset=own.opt.detach_reset))
    return model


def spikingjelly(options):
    functional = need("spikingjelly.activation_based.functional")
    from importlib.metadata import version
    found = measure_module(options, with_spikingjelly_neurons, functional.reset_net)
    return {**found, "version": "SpikingJelly " + version("spikingjelly")}


def export_to_onnx(options):
    """Writes the network in evaluation mode with the classic exporter: the new one needs another package.
    Gives the path of the file, and the images."""
    need("onnx")  # the exporter needs it, and its own message is less clear
    import staa_reference as ref
    ref.spike = lambda u, v_th, a: (u >= v_th).to(u.dtype)  # without the gradient, which ONNX has no operator for
    images, _ = torch.load(options.folder / "batch.pt")
    path = options.folder / "network.onnx"
    classic = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    torch.onnx.export(trained_network(options).eval(), (images,), str(path), input_names=["images"],
                      output_names=["logits"], opset_version=17, **classic)
    return path, images.numpy()


def measure_runtime(options, infer, before, version):
    found = {"seconds": time_passes(infer, options.repeats, options.seconds), "resident_before_mib": before,
             "resident_peak_mib": resident_mib("VmHWM"), "version": version}
    return {**found, "logits": [float(value) for value in infer().flatten()]}


def onnxruntime(options):
    runtime = need("onnxruntime")
    path, images = export_to_onnx(options)
    before = resident_mib("VmRSS")
    settings = runtime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    session = runtime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
    return measure_runtime(options, lambda: session.run(None, {"images": images})[0], before,
                           "ONNX Runtime " + runtime.__version__)


def openvino(options):
    runtime = need("openvino")
    path, images = export_to_onnx(options)
    before = resident_mib("VmRSS")
    compiled = runtime.Core().compile_model(str(path), "CPU", {
        "INFERENCE_NUM_THREADS": options.threads, "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32"})  # its default is bfloat16 where the processor has it
    return measure_runtime(options, lambda: compiled(images)[0], before, "OpenVINO " + runtime.__version__)


PEERS = {function.__name__: function for function in
         (prepare, pytorch, pytorch_compiled, spikingjelly, onnxruntime, openvino)}


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("case")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--measure", choices=("inference", "training"), default="inference")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--train-steps", type=int, default=100)
    parser.add_argument("--data")
    return parser.parse_args()


if __name__ == "__main__":
    options = read_options()
    try:
        torch, F = need("torch"), need("torch.nn.functional")
        torch.set_num_threads(options.threads)
        print(json.dumps(PEERS[options.peer](options)))
    except Missing as missing:
        print(json.dumps({"missing": str(missing)}))
        sys.exit(3)
