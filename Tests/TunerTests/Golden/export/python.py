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

# optimum = (P^-k + S^-k)^(-1/k), P = coefficient * prod (v / reference)^exponent,
# S = limit * B / (B + half_batch), k = sharpness; P alone where limit is None.
# For momentum this is 1 - momentum.
AXES = {
    "learning_rate": {
        "coefficient": 0.0042,
        "exponents": {"batch_size_tokens": 0.5, "token_budget": -0.31},
        "limit": 0.05,
        "half_batch": 2048.0,
        "sharpness": 4.0,
    },
    "batch_size_tokens": {
        "coefficient": 7900.0,
        "exponents": {"token_budget": 0.4},
        "limit": None,
        "half_batch": 0.0,
        "sharpness": 4.0,
    },
}

# Loss at the optimum: floor + amplitude * (T / reference)^-exponent.
LOSS = {"floor": 1.6, "amplitude": 0.75, "exponent": 0.42, "reference": 2828427.12474619}

# Budgets of the grid, and by axis the ends of the 80 % interval there, as distances of the
# logarithm (for momentum: of 1 - momentum) from the value.
GRID = [1000000.0, 1333521.432163324, 1778279.4100389227, 2371373.705661655, 3162277.6601683795, 4216965.034285822, 5623413.251903491, 7498942.093324558, 10000000.0, 13335214.32163324, 17782794.100389227, 23713737.056616552, 31622776.60168379, 42169650.342858225, 56234132.51903491, 74989420.93324558, 100000000.0, 133352143.21633239, 177827941.00389227, 237137370.5661655, 316227766.01683795, 421696503.42858225, 562341325.190349, 749894209.3324559, 1000000000.0, 1333521432.163324, 1778279410.0389228, 2371373705.661655, 3162277660.1683793, 4216965034.2858224, 5623413251.903491, 7498942093.324558, 10000000000.0]
SPREAD = {
    "learning_rate": (
        [-0.07693859249455137, -0.06741133929359577, -0.05880099264806393, -0.057236260714982556, -0.05897678606290846, -0.06486953416102192, -0.07366563007687166, -0.08511692739776766, -0.09844903864489751, -0.11110539698327226, -0.1260074733087002, -0.14147147173816066, -0.15912270998432554, -0.17835492745483705, -0.19683672409670994, -0.21563966146687186, -0.23384394640391815, -0.252300979503123, -0.27102201286867444, -0.29110436877584167, -0.31154214440448325, -0.33226228650506684, -0.35326479834173874, -0.37454968270120226, -0.39559880647807866, -0.4168867344085836, -0.43844869024737143, -0.4602846754816037, -0.4823946914032877, -0.5047787391379481, -0.5274368196685586, -0.5503689338556006, -0.573575082453953],
        [0.07716201755733199, 0.06704238448925182, 0.06012011816440399, 0.057419759689850025, 0.05881728461339808, 0.06443816500922672, 0.07371002969549334, 0.08464017850085881, 0.09792927139311125, 0.11283456798136449, 0.12985431268274095, 0.14511398107765405, 0.16153457049235698, 0.1794339401599414, 0.1967021096206789, 0.21427594657932936, 0.23348121643224395, 0.25296688384427757, 0.2727329553715441, 0.29207438358145943, 0.311684123801359, 0.3315632178822163, 0.3517116692134712, 0.37217013493167705, 0.39443245820922357, 0.41703348529714823, 0.43992831232728413, 0.46311694139713655, 0.48659937435061806, 0.5103756128149719, 0.5344456582321069, 0.5588095118852259, 0.5834671749213838],
    ),
    "batch_size_tokens": (
        [-0.08399030986456779, -0.0798528840836763, -0.0816650090654143, -0.0878634699111025, -0.09949632679726683, -0.11332702640572911, -0.12789002238452696, -0.14616725287912402, -0.1681512008514261, -0.18870438124619682, -0.21112421958155458, -0.2341020511539007, -0.25653453689119665, -0.2803461868441186, -0.305494520261794, -0.3310155291613608, -0.3559152432889068, -0.381143085125931, -0.4067271908935073, -0.4326675605916357, -0.45999327598703843, -0.4880361221808194, -0.5164565607428759, -0.5452545916732081, -0.574430214971823, -0.60398343063871, -0.6339142386738725, -0.664184803002712, -0.6942550782642236, -0.724693934233791, -0.7555013709114178, -0.7866773882971057, -0.8182219863908529],
        [0.08432704913217393, 0.07962677242454497, 0.07943692230920618, 0.08819191039932228, 0.09915208557262467, 0.11402787353704191, 0.132089563238468, 0.14807912419700564, 0.1675423790688555, 0.18938528825724177, 0.2108725413769541, 0.23318333041363637, 0.2573398399664235, 0.28135319598048447, 0.3050366926244692, 0.3290688309250811, 0.35487569247195516, 0.38132304378124715, 0.4081462128292124, 0.43534519961585083, 0.4623036102495721, 0.48942168851591816, 0.5169028093274068, 0.5447469726840364, 0.5729541785858032, 0.6015244270327127, 0.6304577180247612, 0.6602540075263743, 0.690961924157282, 0.722048182770644, 0.7535127833664621, 0.785355725944731, 0.8175770105054561],
    ),
}
# Median of the loss and ends of its 80 % interval, over the formula.
LOSS_SPREAD = (
    [1.0003179452690754, 1.0002740137187802, 1.0002539843159504, 1.0002220733541116, 1.0001983852351415, 1.0001741433265532, 0.9999048084804122, 0.9998236619094687, 0.9999866513071867, 1.0001903484762567, 1.0002277400163773, 1.0002135744964125, 1.0000161095670834, 0.9998695040116211, 0.9998042124949864, 0.9997950765591636, 0.9997865166571409, 0.9997786244897142, 0.9997923371472583, 0.9998799848298807, 0.9999919908938414, 1.000124271923328, 1.0002729951362272, 1.0004346213244866, 1.0006059299525565, 1.000628067202781, 1.0006471831557253, 1.0006645320775616, 1.0006801212529164, 1.000693978840223, 1.0007061504377597, 1.000677073265495, 1.000687834103788],
    [0.9885164828349209, 0.9901691074161559, 0.9915347753436969, 0.992630270243885, 0.9934163908909291, 0.9939648633415386, 0.9942457602728848, 0.9943193731545008, 0.9941883643680347, 0.9938610711267346, 0.9934656040779469, 0.9929026667314826, 0.9923031882961388, 0.9916751278056868, 0.9910199912521315, 0.9903517363236465, 0.9896819887127821, 0.9890202371562711, 0.9883740488746717, 0.9877492927948408, 0.9871503607545575, 0.9865803794906449, 0.9860500227513951, 0.9855704489903865, 0.9851254225865157, 0.9847143135997652, 0.9843360859052173, 0.9839708497700184, 0.9836060821426786, 0.9832692722621355, 0.9829590972591302, 0.9826741369687438, 0.9824129164281867],
    [1.011417275564503, 1.0097641602611067, 1.008359494664724, 1.0071754384209535, 1.0064715944237634, 1.0061479846277883, 1.00596076904543, 1.0060044261852892, 1.0061770900510447, 1.0065543998098057, 1.0069928199435232, 1.007587195069951, 1.008234273345523, 1.0088835997856693, 1.0095541341255994, 1.0102323383124852, 1.0109071018545333, 1.0115695049145348, 1.0122125696267104, 1.0128310113959351, 1.0134209989769598, 1.0139799294837049, 1.0144837832300873, 1.014954734911515, 1.0153907529818176, 1.0157927118052286, 1.01616184695315, 1.0164996534861732, 1.0168078019993994, 1.017120346257259, 1.0174128065717014, 1.0176806211326443, 1.0179253494219083],
)


def _log_optimum(axis, logs, batch):
    """Log optimum at the logs of the variables over their references."""
    law = AXES[axis]
    power = math.log(law["coefficient"])
    for variable, exponent in law["exponents"].items():
        power += exponent * logs.get(variable, 0.0)
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
            x = _log_optimum(axis, logs, batch)
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
