"""An offer as schema.org `JobPosting` in JSON-LD."""

from services.feeds import Input, without_empty

EMPLOYMENT_TYPES = {
    "PERMANENT": "FULL_TIME",
    "FIXED_TERM": "TEMPORARY",
    "TEMPORARY": "TEMPORARY",
    "SEASONAL": "TEMPORARY",
    "INTERNSHIP": "INTERN",
    "CIVIC_SERVICE": "VOLUNTEER",
    "VOLUNTEERING": "VOLUNTEER",
    "SELF_EMPLOYED": "CONTRACTOR",
}
FULL_WEEK = 35


def job_posting(offer: Input) -> Input:
    """What is not known is left out, as readers of such markup expect."""
    said = {
        "@context": "https://schema.org",
        "@type": "JobPosting",
        "title": offer["title"],
        "description": offer["description"] or offer["title"],
        "identifier": {
            "@type": "PropertyValue",
            "name": _organisation(offer).get("name"),
            "value": offer["externalId"] or offer["id"],
        },
        "datePosted": offer["publishedAt"],
        "validThrough": offer["expiresAt"],
        "employmentType": _employment_type(offer),
        "hiringOrganization": _employer(_organisation(offer)),
        "jobLocation": _location(offer["place"]) if offer["place"] else None,
        "jobLocationType": "TELECOMMUTE" if offer["remote"] == "FULL" else None,
        "baseSalary": _salary(offer["salary"]) if offer["salary"] else None,
        "workHours": f"{offer['weeklyHours']:g} h" if offer["weeklyHours"] else None,
        "occupationalCategory": _occupation(offer["occupation"]) if offer["occupation"] else None,
        "skills": ", ".join(skill["label"] or skill["code"] for skill in offer["skills"]),
        "totalJobOpenings": offer["openings"],
        "jobStartDate": offer["startDate"],
        "directApply": not offer["applyUrl"],
        "url": offer["applyUrl"],
        "inLanguage": offer["language"],
    }
    return without_empty(said)


def _organisation(offer: Input) -> Input:
    return offer["organisation"] or {}


def _employment_type(offer: Input) -> str | None:
    kind = EMPLOYMENT_TYPES.get(offer["contract"])
    part_time = kind == "FULL_TIME" and 0 < (offer["weeklyHours"] or 0) < FULL_WEEK
    return "PART_TIME" if part_time else kind


def _employer(organisation: Input) -> Input:
    siret = organisation.get("siret")
    identifier = {"@type": "PropertyValue", "propertyID": "SIRET", "value": siret} if siret else None
    named = {"@type": "Organization", "name": organisation.get("name"), "sameAs": organisation.get("website")}
    return without_empty(named | {"identifier": identifier})


def _location(place: Input) -> Input:
    address = {
        "@type": "PostalAddress",
        "addressLocality": place["label"],
        "postalCode": place["postalCode"],
        "addressCountry": place["countryCode"] or "FR",
    }
    point = place["point"] and {"@type": "GeoCoordinates", **place["point"]}
    return without_empty({"@type": "Place", "address": without_empty(address), "geo": point})


def _salary(salary: Input) -> Input:
    value = {
        "@type": "QuantitativeValue",
        "minValue": salary["minimum"],
        "maxValue": salary["maximum"],
        "unitText": salary["period"],
    }
    return {"@type": "MonetaryAmount", "currency": salary["currency"] or "EUR", "value": without_empty(value)}


def _occupation(occupation: Input) -> Input | None:
    named = {"@type": "CategoryCode", "codeValue": occupation["code"], "name": occupation["label"]}
    return without_empty(named) if occupation["code"] or occupation["label"] else None
