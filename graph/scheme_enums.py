"""What the enums of incentive terms say in the API; the rules stand where the core has them."""

from graph.enums import describe
from ledger import band, cap, curve, default, reading, scoring, split, terms
from ledger.retention import Retention

describe(
    reading.Reads,
    "What a form reads. All but VALUE are oriented: more is better, whatever the direction.",
    VALUE="The value itself.",
    IMPROVEMENT="How far it is better than the baseline, in the indicator's unit.",
    IMPROVEMENT_SHARE="That, as a share of the baseline.",
    SHARE_OF_TARGET="Value / target; 2 - value / target where lower is better.",
    GAP_CLOSED="How much of the way from the baseline to the target is done: 0 to 1, and beyond.",
)
describe(
    reading.ReadingStage,
    "Whether what is read is rounded.",
    EXACT="Nothing is.",
    DISPLAYED="The results are read as they are shown.",
    ROUNDED="What is read is rounded, by a step of its own.",
)
describe(
    reading.LevelName,
    "A level that terms refer to.",
    BASELINE="The indicator's baseline: where it started.",
    MINIMUM="The indicator's minimum.",
    TARGET="The indicator's target.",
    STRETCH="The indicator's stretch: beyond the target.",
    STATED="A value that the scheme states itself.",
)
describe(
    curve.Outside,
    "What holds before the first point, or after the last.",
    NOTHING="A score of 0.",
    HELD="The score of the nearest point.",
    EXTENDED="The straight line of a curve goes on.",
    UNDEFINED="No such value can occur; only with a table whose values have a stated step.",
)
describe(
    curve.Between,
    "What a value between two rows of a table scores.",
    ROW_BEFORE="As the lower row, whatever the direction.",
    ROW_AFTER="As the higher row, whatever the direction.",
    UNDEFINED="No such value can occur; only with a table whose values have a stated step.",
)
describe(
    band.BandMode,
    "What the rate of a band is applied to.",
    RETROSPECTIVE="The rate of the band reached, to the whole from the first unit on.",
    GROWTH_ONLY="The rate of the band reached, to what is beyond the baseline.",
    MARGINAL="The rate of each band, to what lies within it.",
)
describe(
    default.AfterDefault,
    "Whether the misses of a default count towards the next one.",
    KEEPS_COUNTING="They do: each further miss in the window is another default.",
    STARTS_ANEW="They do not: counting starts after it.",
)
describe(
    scoring.EarnedWhen,
    "What scores 1.",
    MET="A level that is met: an incentive.",
    MISSED="A level that is missed: a credit is due for a miss.",
)
describe(
    split.SplitKind,
    "By what an item's money is split.",
    FIXED="The shares that the scheme states.",
    OWNERSHIP="The weights by which the item's indicator is owned.",
    ATTRIBUTION="The parts of the item's own result.",
    CONTRIBUTION="The parts of another indicator's result, such as a contribution score.",
)
describe(
    split.ProRata,
    "What a party counts for that was a member for a part of the period only.",
    BY_CALENDAR_DAY="Its share, for the days that it was there.",
    WHOLE_PERIODS_ONLY="Nothing.",
)
describe(
    split.FallsFree,
    "Where the share goes that such a party does not count for.",
    TO_THE_OTHERS="To those who count, in proportion to what they count for.",
    TO_THE_OUTSOURCER="To the rest of the pool, which the outsourcer keeps.",
    UNALLOCATED="To the rest of the pool, which stays open.",
)
describe(
    cap.Side,
    "Which amounts a cap or gate means.",
    name="CapSide",
    GAINS="What the partners get.",
    LOSSES="What the partners owe.",
    BOTH="Either, each by itself.",
)
describe(
    terms.SchemeKind,
    "What a scheme is.",
    INCENTIVE="Partners earn, and may owe.",
    CREDIT="Partners give back for what was missed.",
)
describe(
    terms.Allocation,
    "What the weights add up to, those outside the denominator aside.",
    WHOLE="Exactly 1.",
    AT_MOST_WHOLE="No more than 1; the rest is nobody's.",
    OVER_ALLOCATED="More than 1 may be, and a cap holds the sum.",
    POINTS="Plain numbers that a table of the total reads.",
)
describe(
    terms.Reweighting,
    "Where the weight goes of an item that has no score for too few observations.",
    AS_THE_INDICATOR_SAYS="Where the indicator's own low-sample rule sends it.",
    IN_PROPORTION="To the other items of the denominator, by their weights.",
    EQUALLY="To the other items of the denominator, the same to each.",
    NONE="Nowhere: it earns nothing.",
)
describe(
    terms.Basis,
    "Which result an item scores.",
    name="ScoreBasis",
    JOINT="The joint one, the same for all.",
    OWN_PART="Each party's own part of it.",
)
describe(
    terms.Denominator,
    "Whether an item's weight counts in the whole.",
    INSIDE="It does.",
    OUTSIDE="It is a bonus beside it.",
)
describe(
    terms.MoneyStage,
    "What is rounded to the currency's decimals.",
    TOTAL="The total, which is then split exactly.",
    EACH_PART="Each party's part.",
)
describe(
    terms.Residual,
    "Where the cents go that a split leaves over.",
    LARGEST_REMAINDER="One each to the largest remainders; at a tie to the earlier party.",
)
describe(
    terms.Unallocated,
    "Where the part of the pool goes that was not earned.",
    RETURNS_TO_OUTSOURCER="The outsourcer keeps it.",
    STAYS_UNALLOCATED="It stays open: nobody's.",
)
describe(
    terms.Malus,
    "How a loss is paid.",
    NETTED="Set off against what is due to the partner.",
    INVOICED="By the partner, on an invoice of its own.",
)
describe(
    terms.Confidentiality,
    "Who sees what each partner has at stake.",
    OPEN="All members see all terms and amounts, as shares of one pool have to be.",
    PER_PARTNER="What a partner has at stake and gets is between it and the outsourcer.",
)
describe(
    Retention,
    "Whether what is at risk is held back from the partners' invoices.",
    WITHHELD="Invoices are paid less what is at risk, until the period is settled.",
    NOT_WITHHELD="Invoices are paid as they are; what is earned or lost is paid afterwards.",
)
