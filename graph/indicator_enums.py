"""What the enums of an indicator's terms and results say in the API."""

from enum import Enum

from graph.enums import describe
from ledger import indicator, method, statistic
from ledger.amounts import Rounding
from ledger.distribution import Interpolation
from ledger.measurement import RestatementReason
from ledger.theme import Theme

describe(
    Theme,
    "The few themes that joint indicators serve.",
    CUSTOMER_SATISFACTION="Whether the users are content.",
    BUSINESS_CONTINUITY="Whether the business can go on working.",
    SPEED_AGILITY="How fast a wish becomes something that works.",
    INNOVATION="What is tried together, and what comes of it.",
)
describe(
    indicator.Perspective,
    "From which side an indicator looks.",
    EXPERIENCE="What the user feels.",
    OPERATIONAL="What a service level measures.",
)
describe(
    indicator.Direction,
    "Which way is better.",
    HIGHER_IS_BETTER="The higher the better.",
    LOWER_IS_BETTER="The lower the better.",
    BAND="Between two levels; better is towards them, from either side.",
)
describe(
    indicator.Boundary,
    "Whether a value that equals a level meets it.",
    INCLUSIVE="It does: at least, or at most.",
    EXCLUSIVE="It does not: above, or below.",
)
describe(
    indicator.RoundingStage,
    "Whether a value is rounded before it is compared with a level.",
    BEFORE_COMPARING="What is shown is what counts.",
    AFTER_COMPARING="The exact value counts; rounding is for showing it alone.",
)
describe(
    indicator.Attribution,
    "Whose a result is.",
    SOLIDARY="One result for all who own the indicator.",
    ATTRIBUTED="Each part is its party's.",
)
describe(
    indicator.Stage,
    "Whether money may hang on an indicator.",
    name="IndicatorStage",
    SHADOW="Real data, no money: a pilot.",
    LIVE="Incentives may hang on it, from its first live period on.",
)
describe(
    indicator.LowSample,
    "What too few observations mean.",
    NO_SCORE_REWEIGHT_IN_PROPORTION="No score; its weight goes to the others, by their weights.",
    NO_SCORE_REWEIGHT_EQUALLY="No score; its weight goes to the others, the same to each.",
    PAY_AT_TARGET="It counts as if the target were met exactly.",
    PAY_NOTHING="It scores 0.",
    CARRY_FORWARD="The agreed value of the period before holds.",
    POOL_WITH_PREVIOUS="It is computed from its own parts and those of the period before together.",
)
describe(
    indicator.RollingCount,
    "Whether a new version starts rolling counts, as four misses in twelve months, anew.",
    CONTINUES="What was missed under the version before goes on counting.",
    RESETS="Counting starts at the version's first period.",
)
describe(
    indicator.Standing,
    "How a value stands to the indicator's levels.",
    GREEN="The target is met.",
    AMBER="The minimum is met, the target is not.",
    RED="Not even the minimum is met.",
    NONE="There is no value.",
)
describe(
    Rounding,
    "How a rest is rounded.",
    HALF_UP="To the nearest; a tie goes away from zero, as contracts mean it.",
    HALF_EVEN="To the nearest; a tie goes to the even neighbour.",
    HALF_DOWN="To the nearest; a tie goes towards zero.",
    UP="Away from zero.",
    DOWN="Towards zero.",
    CEILING="To the next higher.",
    FLOOR="To the next lower.",
)
describe(
    method.Method,
    "How the value follows from the parts.",
    SUM="The sum of the values.",
    POOLED_RATIO="Sum of values / sum of denominators; never a mean of ratios.",
    SHARE_MEETING_TARGET="The share of answers that meet a target.",
    TOP_TWO_BOX="CSAT: the share of 4 and 5 on a scale of 1 to 5.",
    NET_PROMOTER_SCORE="NPS: the share of 9 and 10 minus the share of 0 to 6.",
    CUSTOMER_EFFORT_SCORE="CES: the mean of answers from 1 to 7.",
    HAPPINESS="The share of 9 and 10 minus the share of 0 to 6, of how happy users are.",
    LOST_TIME="The mean of the time lost, of those who answered it.",
    MEAN="The mean of single answers.",
    MEDIAN="The median of single answers.",
    PERCENTILE="A percentile of single answers, with a stated interpolation.",
    WEIGHTED_COMPOSITE="The weighted mean of other indicators' results, as an XLA score.",
    WEAKEST_LINK="The worst of other indicators' results.",
)
describe(
    method.Source,
    "What parts are made of: rows, or the initiatives that a co-owner proposed, as the ledger has "
    "them. Over these, SUM counts those with 1 and POOLED_RATIO is their share.",
    OBSERVATIONS="Rows that a party recorded, or what it declares.",
    INITIATIVES_PROPOSED="1 for each initiative proposed in the period.",
    INITIATIVES_AGREED="Each decided in the period: 1 if it was agreed, else 0.",
    INITIATIVES_TRIED="Each that left IDEA in the period: 1 if for TRIAL, else 0.",
    INITIATIVES_RUNNING="Each agreed, not completed before the period: 1 if in TRIAL at its end.",
    INITIATIVES_COMPLETED="The same: 1 if adopted or stopped by the period's end.",
    INITIATIVES_ADOPTED="Each that left TRIAL in the period: 1 if adopted, 0 if stopped.",
    INITIATIVE_LEAD_DAYS="Of each that reached TRIAL in the period, calendar days since IDEA.",
    INITIATIVE_EFFECTS="Each aim of those judged in the period: 1 if its effect was reached.",
)
describe(
    method.Comparison,
    "How a single answer meets its target.",
    AT_LEAST="It equals the target, or is higher.",
    ABOVE="It is higher.",
    AT_MOST="It equals the target, or is lower.",
    BELOW="It is lower.",
)
describe(
    method.Denominator,
    "What a share, score or mean of answers is divided by.",
    name="AnswerDenominator",
    VALID_ANSWERS="The answers that say something.",
    ALL_ANSWERS='All that came in, also those that say "don\'t know".',
)
describe(
    statistic.MarginKind,
    "How the 95 % margin of error is computed.",
    NONE="Not at all: a count of everything has no sampling error.",
    WILSON="Score interval of a share.",
    WALD="Plain: p +- z sqrt(variance / n), where the terms name it.",
    ADJUSTED_WALD="The same after adding pseudo-answers; of NPS.",
    STUDENT_T="By Student's t; of a mean.",
    ORDER_STATISTICS="Between two of the ordered answers; of a median or percentile.",
    PROPAGATED="From the margins of a composite's inputs, as if these were independent.",
)
describe(
    Interpolation,
    "How a percentile is read between two answers, by its type in Hyndman and Fan (1996).",
    NEAREST_RANK="Type 1: the answer of rank ceil(n p); never a value between two.",
    HAZEN="Type 5: rank n p + 1/2.",
    WEIBULL="Type 6: rank (n + 1) p.",
    LINEAR="Type 7: rank (n - 1) p + 1, as spreadsheets do.",
    MEDIAN_UNBIASED="Type 8: rank (n + 1/3) p + 1/3.",
)
describe(
    statistic.Change,
    "How a value stands to the period before.",
    FIRST="Nothing comparable was agreed before.",
    NO_MARGIN="One of the two has no margin, so noise cannot be told from a change.",
    WITHIN_NOISE="The 95 % interval of the difference holds 0: no change that could be told.",
    BETTER="Better, by more than the noise.",
    WORSE="Worse, by more than the noise.",
)
describe(
    RestatementReason,
    "Why an agreed measurement is restated.",
    LATE_OBSERVATIONS="Observations came after it was agreed.",
    CORRECTED_OBSERVATIONS="Observations that it rests on were corrected.",
    CORRECTED_DECLARATION="What a party had declared was wrong.",
    EXCLUSION_AGREED="A window was left out by consent since.",
    ATTRIBUTION_CORRECTED="The value stays; whose it is does not.",
    INPUT_RESTATED="A result that it is computed from was restated.",
    RULING="A ruling asks for it.",
)


class ResultKind(Enum):
    """Which measurements a list is of."""

    AGREED_RESULTS = "result"
    EVERY_PROPOSAL = "measurement"


describe(
    ResultKind,
    "Which measurements a list is of.",
    AGREED_RESULTS="What binds: one a period.",
    EVERY_PROPOSAL="Also what was proposed, disputed, rejected or superseded.",
)
