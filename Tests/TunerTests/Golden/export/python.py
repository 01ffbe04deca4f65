"""Hyperparameters of sweep 'first' at any token budget. Written by tunerd.

>>> recommend(1e9)["hyperparameters"]["learning_rate"]["value"]  # doctest: +SKIP

Standard library only. Round the batch size to what your loader can give.
"""

import math

SCHEMA = "tunerd-law-1"
SWEEP = "first"
LAW_VERSION = 7
RUNS = 60
METRIC = "validation_loss"

# Largest token budget the law was fitted to.
LARGEST_BUDGET = 8000000.0
# Beyond it the data are seen so often that no slope is claimed: values stay, no loss is predicted.
SLOPE_END = math.inf
# What every variable is divided by.
REFERENCE = {"batch_size_tokens": 8192.0, "token_budget": 2828427.12474619}
# Set by the sweep file, the same at every budget.
FIXED = {"momentum": 0.95}
WARNINGS = ["the batch size exponent rests on its prior"]

# optimum = (P^-k + S^-k)^(-1/k), P = coefficient * prod (v / reference)^exponent * exp(bends),
# brevity = 1 + 200 / steps; bends are linear in log v between knots and 0 from the last one on;
# S = limit * B / (B + half_batch), k = sharpness; P alone where limit is None.
# For momentum this is 1 - momentum.
AXES = {
    "learning_rate": {
        "coefficient": 0.0042,
        "exponents": {"batch_size_tokens": 0.5, "token_budget": -0.31},
        "bends": [],
        "limit": 0.05,
        "half_batch": 2048.0,
        "sharpness": 4.0,
    },
    "batch_size_tokens": {
        "coefficient": 7900.0,
        "exponents": {"token_budget": 0.4},
        "bends": [],
        "limit": None,
        "half_batch": 0.0,
        "sharpness": 4.0,
    },
}

# Loss at the optimum: floor + amplitude * (T / reference)^-exponent.
LOSS = {"floor": 1.6, "amplitude": 0.75, "exponent": 0.42, "reference": 2828427.12474619}

# Budgets of the grid, and by axis the ends of the 80 % interval there, as distances of the
# logarithm (for momentum: of 1 - momentum) from the value.
GRID = [1000000.0, 1333521.432163324, 1778279.4100389227, 2371373.705661655, 3162277.6601683795, 4216965.034285822, 5623413.251903491, 7498942.093324558, 8000000.0, 8016000.0, 10000000.0, 13335214.32163324, 17782794.100389227, 23713737.056616552, 31622776.60168379, 42169650.342858225, 56234132.51903491, 74989420.93324558, 100000000.0, 133352143.21633239, 177827941.00389227, 237137370.5661655, 316227766.01683795, 421696503.42858225, 562341325.190349, 749894209.3324559, 1000000000.0, 1333521432.163324, 1778279410.0389228, 2371373705.661655, 3162277660.1683793, 4216965034.2858224, 5623413251.903491, 7498942093.324558, 10000000000.0]
SPREAD = {
    "learning_rate": (
        [-0.07693859249455137, -0.06741133929359577, -0.05880099264806393, -0.057236260714982556, -0.05897678606290846, -0.06486953416102192, -0.07366563007687166, -0.08511692739776766, -0.08760474849326627, -0.10153150063690575, -0.17091606899439338, -0.16592117820657304, -0.1654072239024904, -0.17209900804841283, -0.18805677908417007, -0.2042919914030783, -0.22239177907470342, -0.24314850758602358, -0.2654328255398566, -0.28589078503296683, -0.3051303241470409, -0.32627105791787336, -0.34922994319240797, -0.3724326890906724, -0.39589228069440807, -0.4199363705820156, -0.4432604821075703, -0.46710384986836306, -0.4912125711966242, -0.5155700723248753, -0.5401972529073511, -0.5650936505055677, -0.5902600481234348, -0.615862865341823, -0.6422524238500609],
        [0.07716201755733199, 0.06704238448925182, 0.06012011816440399, 0.057419759689850025, 0.05881728461339808, 0.06443816500922672, 0.07371002969549334, 0.08464017850085881, 0.08767654046141793, 0.10115187564100214, 0.09469525476355134, 0.10493890467034639, 0.11532344801714611, 0.1303151522192474, 0.14412853481166987, 0.16302129617133065, 0.18499537425200518, 0.20261376641682372, 0.21927481073449684, 0.23799033485764376, 0.2574343215788808, 0.2772508801109028, 0.29621255074615327, 0.31707755022693007, 0.3381502085738006, 0.359438588697377, 0.3801170246259513, 0.4008325605719625, 0.4217692034329641, 0.4429174053625662, 0.4641747964413643, 0.484962626637679, 0.5072389773356747, 0.5297371588395334, 0.5528491549477694],
    ),
    "batch_size_tokens": (
        [-0.08399030986456779, -0.0798528840836763, -0.0816650090654143, -0.0878634699111025, -0.09949632679726683, -0.11332702640572911, -0.12789002238452696, -0.14616725287912402, -0.15123759079446586, -0.17396893485779152, -0.16446061807929446, -0.1794441291098785, -0.1960290803015834, -0.21590009564254586, -0.23982510814968983, -0.26547262910558267, -0.2933139539774121, -0.32152582879379565, -0.3449853663155764, -0.36793966830712144, -0.39118110347491175, -0.4147096718189527, -0.44113340887785135, -0.46853395391731034, -0.4962662683079522, -0.5243303520497857, -0.5527262051428146, -0.5814538275870298, -0.6105132193824296, -0.639268794177358, -0.6669399923913328, -0.6949163609521207, -0.7231978998597359, -0.7517846091141731, -0.7806764887154323],
        [0.08432704913217393, 0.07962677242454497, 0.07943692230920618, 0.08819191039932228, 0.09915208557262467, 0.11402787353704191, 0.132089563238468, 0.14807912419700564, 0.15249486692707848, 0.17761280690175418, 0.2659930024015491, 0.42323456215451216, 0.5800744357751881, 0.6614176512689678, 0.6631360780057278, 0.6759203738178314, 0.6933328507971215, 0.7156148674729845, 0.7444161139151806, 0.7760378203344871, 0.8095512823580435, 0.8445975905071919, 0.8839161232431056, 0.9253623794283374, 0.9678238926297897, 1.0112093173671006, 1.0554490891328303, 1.1004892976330325, 1.1462875179510519, 1.193351139350261, 1.2425837495798149, 1.292509277395446, 1.3431102076548704, 1.3943719719978507, 1.4462823541441843],
    ),
}
# By axis, what the answer differs from the formula by: an answer beyond the trained budgets goes only as far
# from the best run of the largest one as the runs show.
SHIFT = {
    "learning_rate": [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0006193467385653406, 0.06917117112077165, 0.05318807011867133, 0.04110159426363147, 0.03686964979088092, 0.03520638492179273, 0.03616899164379728, 0.03619193437797108, 0.037513015157287555, 0.03932313933519627, 0.04085901907499068, 0.04241131873716153, 0.04404204765258779, 0.04576674565114924, 0.04751928832915908, 0.049295790222418034, 0.05109199039199197, 0.05294029173068626, 0.05482461489276691, 0.056719380896626426, 0.05861871216626735, 0.0605264524479141, 0.062441311590514026, 0.06436254179026335, 0.06631164684368152, 0.06835821458831681],
    "batch_size_tokens": [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.0007992010650692549, -0.08925742052568353, -0.2043866751753871, -0.3195159298250889, -0.36838896556018774, -0.34639646170316674, -0.3366044994259241, -0.33347173219449644, -0.33419245473015025, -0.33785994240161266, -0.3434645530521063, -0.35029416649772394, -0.3580366875396326, -0.3668059255070286, -0.3762115781440638, -0.3860349120966884, -0.3961964965124185, -0.4066358405152162, -0.4173060655886047, -0.42817028050071215, -0.4395057050742217, -0.45095113047706725, -0.46251218262536575, -0.47417363096060505, -0.48592280734345294, -0.49774908892155345],
}
# Median of the loss and ends of its 80 % interval, over the formula.
LOSS_SPREAD = (
    [1.0002386225188582, 1.0001998643197438, 1.0000918129101555, 0.9999513219451053, 0.9999101657472178, 0.9999026402305767, 0.9999310583507951, 0.9999593972238461, 0.999963195633829, 0.9999633098455, 0.9999739599303337, 0.9999848553266881, 0.9999933251753833, 0.9999996179668749, 1.0000038080437037, 1.0000059279317346, 1.0000060141530622, 0.9999677265526375, 0.999962775106556, 0.9999563900549147, 0.9998975001654936, 0.9998805277584903, 0.9998695878342697, 0.9998580008174098, 0.9998458718974911, 0.999788540533018, 0.9997760320392758, 0.9997634486960223, 0.9997508571291618, 0.999738319431568, 0.999725892682284, 0.9997103663784163, 0.999682281320066, 0.9996717560536691, 0.9996615254213294],
    [0.9918547554462466, 0.9935428791263496, 0.9947780132980585, 0.9956323654528787, 0.9961076718911126, 0.9963241448178882, 0.9961067386237445, 0.9958120092048233, 0.9957399625176738, 0.99573764426253, 0.9954148082905832, 0.9948820313077527, 0.9943245085236745, 0.9937625502318902, 0.9932057057346176, 0.9926043873352366, 0.9920141311262635, 0.9914844968814761, 0.990935129535672, 0.9903636251587151, 0.9898580403206024, 0.9893957398555616, 0.9890212196379367, 0.9886884985397487, 0.9882340246087936, 0.9877830516489774, 0.9873800398788943, 0.9870454161475604, 0.986736753351313, 0.9863918610959224, 0.9859989377045568, 0.9856332686787035, 0.9852938034347832, 0.9850054649191281, 0.9847524913378102],
    [1.0076925407616244, 1.0061565902201672, 1.0051177278543466, 1.004308537593338, 1.0039019100677635, 1.0038986587273666, 1.004011656997502, 1.0043300714468697, 1.004411982942046, 1.0044144870932357, 1.004746306358102, 1.0052748348559095, 1.0058483466220733, 1.0064394499439049, 1.0070596034762436, 1.0076793182129609, 1.008252352095461, 1.0088176328669203, 1.0094239457585734, 1.0099860715666606, 1.0104930904365448, 1.011016503032647, 1.0116058732059057, 1.012159964148493, 1.0125332914509309, 1.0128739484870557, 1.0132029385508308, 1.0136021750240516, 1.0139724226660547, 1.0143147956695115, 1.0146138743001523, 1.0148740347721092, 1.0151119669372686, 1.0153291792285803, 1.015527151367147],
)


def _log_optimum(axis, logs, batch):
    """Log optimum at the logs of the variables over their references."""
    law = AXES[axis]
    power = math.log(law["coefficient"])
    for variable, exponent in law["exponents"].items():
        power += exponent * logs.get(variable, 0.0)
    for variable, knots, values in law["bends"]:
        x = logs.get(variable, 0.0) + math.log(REFERENCE[variable])
        places = [math.log(knot) for knot in knots]
        if x < places[-1]:
            i = max(1, next(j for j, place in enumerate(places) if x < place))
            part = (places[i] - x) / (places[i] - places[i - 1])
            power += values[i] + part * (values[i - 1] - values[i])
    if law["limit"] is None:
        return power
    ceiling = math.log(law["limit"])
    if batch is not None and law["half_batch"] > 0:
        ceiling += math.log(batch / (batch + law["half_batch"]))
    # A smooth minimum of the two, written so that nothing overflows.
    low = min(power, ceiling)
    k = law["sharpness"]
    return low - math.log1p(math.exp(-k * abs(power - ceiling))) / k


def _on_grid(values, token_budget):
    """Linear in log(token_budget); constant beyond the ends of the grid."""
    if token_budget <= GRID[0]:
        return values[0]
    for i in range(1, len(GRID)):
        if token_budget <= GRID[i]:
            part = math.log(token_budget / GRID[i - 1]) / math.log(GRID[i] / GRID[i - 1])
            return values[i - 1] + part * (values[i] - values[i - 1])
    return values[-1]


def recommend(token_budget, batch_size_tokens=None, momentum=None, learning_rate=None, model_size=None):
    """The best hyperparameters for a run of token_budget tokens.

    Values that are given are held, and the others are the best ones given them. Intervals hold 80 % and
    are those of the free optimum.

    Returns {"token_budget", "extrapolation_factor", "steps", "hyperparameters", "predicted", "warnings"};
    "predicted" is empty when something is held.
    """
    if not token_budget > 0:
        raise ValueError("token_budget must be positive")
    held = {"batch_size_tokens": batch_size_tokens, "momentum": momentum, "learning_rate": learning_rate}
    logs = {}
    if "token_budget" in REFERENCE:
        logs["token_budget"] = math.log(min(token_budget, SLOPE_END) / REFERENCE["token_budget"])
    if "model_size" in REFERENCE and model_size is not None:
        logs["model_size"] = math.log(model_size / REFERENCE["model_size"])
    values = {}
    batch = REFERENCE.get("batch_size_tokens")
    # Each axis is answered given those before it.
    for axis in ("batch_size_tokens", "momentum", "learning_rate"):
        if held[axis] is not None:
            value, source, interval = float(held[axis]), "fixed", None
            x = math.log(1.0 - value) if axis == "momentum" else math.log(value)
        elif axis in AXES:
            if batch is not None:
                logs["brevity"] = math.log1p(200.0 * batch / min(token_budget, SLOPE_END))
            x = _log_optimum(axis, logs, batch)
            if model_size is None:
                x += _on_grid(SHIFT[axis], min(token_budget, SLOPE_END))
            if axis == "batch_size_tokens":
                x = min(x, math.log(token_budget))
            ends = [x + _on_grid(SPREAD[axis][i], token_budget) for i in (0, 1)]
            if axis == "momentum":
                value, interval = 1.0 - math.exp(x), sorted(1.0 - math.exp(e) for e in ends)
            else:
                value, interval = math.exp(x), [math.exp(e) for e in ends]
            source = "fit"
        else:
            continue
        values[axis] = {"value": value, "interval": interval, "source": source}
        if axis == "batch_size_tokens":
            batch = value
            if axis in REFERENCE:
                logs[axis] = x - math.log(REFERENCE[axis])
        elif axis == "momentum" and "one_minus_momentum" in REFERENCE:
            logs["one_minus_momentum"] = x - math.log(REFERENCE["one_minus_momentum"])
    for name, value in FIXED.items():
        values.setdefault(name, {"value": value, "interval": None, "source": "fixed"})
    predicted = {}
    if LOSS is not None and token_budget <= SLOPE_END and all(v is None for v in held.values()):
        loss = LOSS["floor"] + LOSS["amplitude"] * (token_budget / LOSS["reference"]) ** -LOSS["exponent"]
        interval = None
        if LOSS_SPREAD is not None:
            loss, *interval = [loss * _on_grid(ratios, token_budget) for ratios in LOSS_SPREAD]
        predicted[METRIC] = {"value": loss, "interval": interval}
    warnings = list(WARNINGS)
    factor = token_budget / LARGEST_BUDGET
    if factor > 20:
        warnings.append("the asked budget is %.3g times the largest trained one" % factor)
    if token_budget > SLOPE_END:
        warnings.append("the data are seen too often for a slope to be claimed beyond %.3g tokens" % SLOPE_END)
    steps = None
    if "batch_size_tokens" in values:
        steps = math.ceil(token_budget / values["batch_size_tokens"]["value"])
    return {
        "token_budget": token_budget,
        "extrapolation_factor": factor,
        "steps": steps,
        "hyperparameters": values,
        "predicted": predicted,
        "warnings": warnings,
    }


if __name__ == "__main__":
    import json
    import sys

    print(json.dumps(recommend(*[float(argument) for argument in sys.argv[1:]]), indent=2, sort_keys=True))
