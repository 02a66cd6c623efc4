"""People and mentors, as they are written."""

from services.gateway.schema.inputs import input_of
from services.gateway.schema.profile.types import Experience, Mentor, PersonFields, PersonSkill, Travel, Wishes


@input_of(Travel)
class TravelInput:
    anywhere: bool = False


@input_of(Wishes, "Leave out what was not asked; an empty list says none.")
class WishesInput: ...


@input_of(Experience)
class ExperienceInput: ...


@input_of(PersonSkill, "A code, or words to be resolved.")
class PersonSkillInput: ...


@input_of(PersonFields, "What is left out stays as it is.")
class PersonInput: ...


@input_of(Mentor)
class MentorInput: ...
