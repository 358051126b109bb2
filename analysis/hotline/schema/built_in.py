"""Variables that cleaning writes for every hotline, as they are described where a codebook does not do so."""

from hotline.schema.fields import Code, Field

BUILT_IN = {
    "later_call": Field(
        name="later_call",
        type="string",
        title="Later call of a case",
        title_zh="个案后续来电",
        block="record",
        sensitivity="plain",
        known="dialling",
        codes=(Code("no", "No", "否"), Code("yes", "Yes", "是")),
        description="Whether an earlier assessed call of the same case is on record.",
    ),
}
