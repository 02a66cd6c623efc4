"""Painless: what Elasticsearch computes for each hit of a search, as `index` publishes it.

The order of hits is exact, in 64 bits, and depends on nothing but the document and what the cursor carries. So a page
goes on behind the last hit of the one before, whatever happened to the index meanwhile.
"""

from services.matching.domain.gates import EARTH_RADIUS_KM
from services.matching.index import FRESH_HALF_LIFE_DAYS, PART_WEIGHTS, REMOTE_DISTANCE_PART, TEXT_HALF
from services.matching.index_shared.paging import K1, B

_MICROS_PER_DAY = 86_400e6

_BETWEEN = f"""
double between(double south, double west, double north, double east) {{
  double one = Math.toRadians(south), other = Math.toRadians(north);
  double up = Math.sin((one - other) / 2), along = Math.sin(Math.toRadians(east - west) / 2);
  double chord = up * up + Math.cos(one) * Math.cos(other) * (along * along);
  return 2 * {EARTH_RADIUS_KM} * Math.asin(Math.sqrt(Math.min(chord, 1.0)));
}}
"""

_OF_OFFER = f"""{_BETWEEN}
double kilometres(Map doc, double south, double west) {{
  if (doc['latitude'].size() == 0) {{ return Double.NaN }}
  return between(south, west, doc['latitude'].value, doc['longitude'].value);
}}
"""

_OF_COURSE = f"""{_BETWEEN}
double kilometres(Map doc, double south, double west) {{
  double nearest = Double.POSITIVE_INFINITY;
  for (String session : doc['sessions']) {{
    int comma = session.indexOf(',');
    double north = Double.parseDouble(session.substring(0, comma));
    double east = Double.parseDouble(session.substring(comma + 1));
    nearest = Math.min(nearest, between(south, west, north, east));
  }}
  return nearest;
}}
"""

_BM25 = f"""
double bm25(Map doc, List stems, List idf, double average) {{
  def weights = doc['weights'];
  double norm = {K1} * ({1 - B} + {B} * (doc['length'].value / average));
  double sum = 0;
  for (int stem = 0; stem < stems.size(); stem++) {{
    long wanted = stems[stem];
    int low = 0, high = weights.size() - 1;
    while (low < high) {{
      int middle = (low + high) >>> 1;
      if (weights.get(middle) < wanted) {{ low = middle + 1 }} else {{ high = middle }}
    }}
    double often = weights.get(low) & 255L, rare = idf[stem];
    sum += rare * (often * {K1 + 1} / (often + norm));
  }}
  return sum;
}}
"""

_PARTS = f"""
double sum = 0, total = 0;
if (params.stems.size() > 0) {{
  double found = bm25(doc, params.stems, params.idf, params.average);
  sum += {PART_WEIGHTS["text"]} * (found / (found + {TEXT_HALF}));
  total += {PART_WEIGHTS["text"]};
}}
if (params.radius > 0) {{
  double near = 1.0 - kilometres(doc, params.south, params.west) / params.radius;
  sum += {PART_WEIGHTS["distance"]} * (near >= 0 ? near : {REMOTE_DISTANCE_PART});
  total += {PART_WEIGHTS["distance"]};
}}
if (params.asked > 0) {{
  sum += {PART_WEIGHTS["skills"]} * (_score / params.asked);
  total += {PART_WEIGHTS["skills"]};
}}
"""

_FRESHNESS = f"""
double days = Math.max((params.as_of - doc['published'].value) / {_MICROS_PER_DAY}, 0.0);
sum += {PART_WEIGHTS["freshness"]} * Math.pow(0.5, days / {FRESH_HALF_LIFE_DAYS});
total += {PART_WEIGHTS["freshness"]};
"""

_ROUNDED = "return total > 0 ? Math.rint(sum / total * 1e9) / 1e9 : 0.0;"

_KNOWN_KILOMETRES = """
double away = kilometres(doc, params.south, params.west);
return Double.isNaN(away) || Double.isInfinite(away) ? null : away;
"""

OFFER_RELEVANCE = _OF_OFFER + _BM25 + _PARTS + _FRESHNESS + _ROUNDED
COURSE_RELEVANCE = _OF_COURSE + _BM25 + _PARTS + _ROUNDED
OFFER_KILOMETRES, COURSE_KILOMETRES = _OF_OFFER + _KNOWN_KILOMETRES, _OF_COURSE + _KNOWN_KILOMETRES
BM25 = _BM25 + "return bm25(doc, params.stems, params.idf, params.average);"

_INSIDE = "return kilometres(doc, params.south, params.west) <= params.radius;"
OFFER_INSIDE, COURSE_INSIDE = _OF_OFFER + _INSIDE, _OF_COURSE + _INSIDE
