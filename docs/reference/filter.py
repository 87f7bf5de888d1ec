#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What Doxygen reads of a header: filter.py HEADER

The inline namespace of the version is left out. `Index height, width;  ///< text` becomes two declarations with the same
text. A member that has the same meaning in every layer, or in every data set, gets its text from the tables below, unless
the header gives it one.
"""
import re
import sys

ANY = {
    "Scalar": "Float or double.",
    "operator==": "Whether all members are equal.",
    "data": "The first value.",
    "set_zero": "Sets all values to 0.",
}
KERNEL = {
    "slope": "dS/dU by the equation of the surrogate; distance = U - v_th.",
    "is_bounded": "Whether the slope is 0 outside of a window.",
    "fires": "Whether the neuron fires; distance = U - v_th.",
    "carried": "H, what the spike S leaves of the potential U.",
    "by_potential": "dH/dU, with S as a constant.",
    "by_spike": "dH/dS.",
    "output": "What the neurons send: spikes or analog values.",
    "neuron": "The constants of the neurons.",
    "images": "The number of images, of all steps.",
    "pixels": "The number of pixels of a map.",
    "map_pixels": "The number of pixels of a map.",
    "channels": "The number of channels.",
    "height": "Rows of pixels.",
    "width": "Pixels of a row, or columns of a block.",
    "in_height": "Rows of the input.",
    "in_width": "Pixels of a row of the input.",
    "out_height": "Rows of the output.",
    "out_width": "Pixels of a row of the output.",
    "window": "Rows and columns of the window.",
    "stride": "The distance of two windows, in pixels.",
    "padding": "The border of zeros, in pixels.",
    "map_in": "Values of an input map.",
    "map_out": "Values of an output map.",
    "lanes": "Values of a vector.",
    "vectors": "Vectors of a block.",
    "registers": "Vectors that are held in registers.",
    "taps": "Taps of the kernel.",
    "blocks": "The number of blocks.",
}
LAYER = {
    "at": "The layer for the input map In.",
    "Input": "What goes in, a `Map`.",
    "Output": "What comes out, a `Map`.",
    "Parameters": "What the layer learns, and its gradients.",
    "Tape": "What forward keeps for backward.",
    "State": "What a stream keeps for its next step.",
    "kind": "The word for the layer in a plan and in a summary.",
    "role": "What a network may fuse the layer with; see `Role`.",
    "reads_input": "Whether backward reads the input of forward.",
    "infers_maps": "Whether `infer` can give the output map by map.",
    "remakes_maps": "Whether the output can be computed again, map by map, from the tape.",
    "operations": "What one image and step cost.",
    "parameter_count": "The number of trainable values for `steps` steps.",
    "layer_count": "The number of layers, with those in its chains.",
    "forward": "Training mode: x [T, N, H, W, C] gives the output [T, N, H', W', C'], and what backward needs goes to the "
               "tape. Does not change the layer. The contract is `LayerDefaults`.",
    "infer": "Evaluation mode: the steps of x [T, N, H, W, C] continue the stream of `state`. The contract is "
             "`LayerDefaults`.",
    "backward": "Adds to `gradients` and, where dx is not null, writes the gradient of the input [T, N, H, W, C]. The "
                "contract is `LayerDefaults`.",
    "absorb": "Takes the statistics of a forward into the layer's running averages.",
    "visit": "Calls visitor(ParameterName, tensor, the trees' tensors..) for every trainable tensor.",
    "visit_statistics": "Calls visitor(ParameterName, tensor) for what is saved but not trained.",
    "visit_state": "Calls visitor(ParameterName, tensor) for what a stream keeps, and visit_step(steps).",
    "restart": "Begins the stream anew.",
    "describe": "Adds the lines of `plan` for this part.",
    "channels": "The number of channels.",
    "parameters": "What the layer learns.",
    "statistics": "What is saved with the weights and not trained.",
    "neuron": "The constants of the neurons; they may be changed at any time.",
    "choice": "How the kernels are chosen; it may be changed at any time.",
    "pixels": "The number of pixels of a map.",
    "hidden": "The number of hidden values of the gates.",
    "weights": "The number of weights, or the weights.",
    "body": "Of the body.",
    "shortcut": "Of the shortcut.",
    "core": "Of the aggregator without its encoding.",
    "encoding": "Of the position encoding.",
    "context": "Of the global context.",
    "leak": "M, per channel or neuron.",
    "gain": "N, per channel or neuron.",
    "Packed": "Weights in the order of the kernels.",
    "Fire": "The rule of firing and reset, with its surrogate gradient.",
}
DATA_SET = {
    "size": "The number of samples.",
    "classes": "The number of classes; labels are 0 to classes - 1.",
    "height": "Rows of pixels.",
    "width": "Pixels of a row.",
    "channels": "Values of a pixel.",
    "normalisation": "The mean and the standard deviation per channel that a loader subtracts and divides by.",
    "Images": "A batch as a network takes it: images [N, H, W, C], or frames [T, N, H, W, C].",
    "resize": "Makes room for `batch` samples.",
    "write": "Writes sample `index` of an epoch at place `place` of the batch, and returns its label.",
    "steps": "T, the number of frames.",
}
GROUP = re.compile(r"^(\s+)((?:const )?[\w:<>]+) (\w+(?: = [^,;(){}]+)?(?:, \w+(?: = [^,;(){}]+)?)+);(\s*///<.*)?$")
FUNCTION = re.compile(r"(operator==|\b\w+)\(")
VALUE = re.compile(r"\b(\w+)\s*(?:=[^=].*|\{.*)?;")
CONST_OVERLOAD = re.compile(r"^ {4,12}(?!return)\S.*\) const( \{.*|;)$")
TYPE = re.compile(r"^\s*(?:class|struct|using) (\w+)")


def declared(line):
    """The name that a line declares, or None."""
    found = TYPE.search(line) or FUNCTION.search(line) or VALUE.search(line)
    return found and found.group(1)


def filtered(lines, table):
    comment = []  # the lines of the comment before this line
    explained = None  # the last name with a comment
    for line in lines:
        if line.startswith(("inline namespace STAA_ABI", "}  // namespace STAA_ABI")):
            yield ""
            continue
        text = line.strip()
        if text.startswith("///") and not text.startswith("///<"):
            comment.append(text[3:].strip())
            yield line
            continue
        group = GROUP.match(line)
        if group and not text.startswith(("return", "using", "throw")):
            _, kind, names, behind = group.groups()
            shared = behind.split("///<")[1].strip() if behind else " ".join(comment)
            yield " ".join(f"{kind} {name};" + (f" /**< {shared} */" if shared else "") for name in names.split(", "))
        elif CONST_OVERLOAD.match(line) and not comment and declared(line) == explained:
            yield f"/** The same for an object that does not change. */ {text}"
        elif is_explained(line, table) and not comment:
            yield f"/** {table[declared(line)]} */ {text}"
        else:
            yield line
        if not text.startswith("template"):
            explained = declared(line) if comment else explained
            comment = []


def is_explained(line, table):
    """Whether the line declares a member without a comment whose text is in the table."""
    text = line.strip()
    is_member = re.match(r"^ {4,12}\S", line) and not text.startswith(("return", "//", "}", ":", "?", "friend"))
    return is_member and "///<" not in line and declared(line) in table


path = sys.argv[1]
table = dict(ANY)
if "/layers/" in path or "/networks/" in path:
    table.update(LAYER)
if "/kernels/" in path:
    table.update(KERNEL)
if "/data/" in path:
    table.update(DATA_SET)
with open(path, encoding="utf-8") as file:
    print("\n".join(filtered(file.read().split("\n"), table)))
