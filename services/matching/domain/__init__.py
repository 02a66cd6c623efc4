"""The judgement of matching: gates, parts, the formula, courses. Pure; nothing here stores or looks anything up."""

from services.matching.domain.assess import Assessment, assess
from services.matching.domain.courses import CourseMatch, course_matches
from services.matching.domain.formula import GATES, M1, PARTS, Formula, Gate, Knowledge, Part
from services.matching.domain.gates import age_limits, distance_km
from services.matching.domain.reasons import Code, Reason

__all__ = [
    "GATES",
    "M1",
    "PARTS",
    "Assessment",
    "Code",
    "CourseMatch",
    "Formula",
    "Gate",
    "Knowledge",
    "Part",
    "Reason",
    "age_limits",
    "assess",
    "course_matches",
    "distance_km",
]
