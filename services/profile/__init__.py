"""owns      people (encrypted, a key per person), their skills and consents; mentors and mentorships
publishes PersonChanged, MentorshipChanged, MentorChanged, and tombstones when somebody is erased
listens   to nothing
serves    writing, reading, exporting and erasing people; consents; confirming skills; mentoring
"""
