"""Answers that no other key of the spec gives and that the advisor would else have to ask for."""

from typing import Literal

from pydantic import Field

from privnb.spec.model import Section

YesNo = Literal["yes", "no"] | None


class Answers(Section):
    """What the advisor asks (`privnb advise`): yes or no; what is left out it assumes, and says so."""

    personal_data: YesNo = Field(None, description="are the data about people?")
    membership_harms: YesNo = Field(
        None, description="does it harm a person if it becomes known that they are in the training data?"
    )
    classes_are_people: YesNo = Field(None, description="does a class stand for one person or a small group?")
    updates: YesNo = Field(None, description="will the model be released again after training on changed data?")
    augmentation: YesNo = Field(None, description="did the training use altered copies of the rows?")
    owners: Literal["one", "several"] | None = Field(None, description="how many organisations hold the data?")
    life_cycle: Literal["before-training", "training", "scoring", "sharing"] | None = Field(
        None, description="where the model is: before training, in training, in use, or its data are to be handed on"
    )
    training_changeable: YesNo = Field(None, description="can the way the model is trained be changed?")
    overfits: YesNo = Field(None, description="is the model clearly better on its training rows than on others?")
    inputs_secret: YesNo = Field(None, description="does it score records that its operator must not see?")
    new_data: YesNo = Field(None, description="will records of new people be collected for it?")
    coordinator_trusted: YesNo = Field(None, description="may a coordinator see each organisation's update?")
    parties_connected: YesNo = Field(None, description="can the organisations agree on keys with each other?")
    beyond_sums: YesNo = Field(None, description="must they compute jointly more than sums of updates?")
