"""People and mentors: values, rules, refusals. Standard library, `kit.errors` and `kit.checks` only."""
