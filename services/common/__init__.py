"""What two or more services share: values as in `vivier.common.v1`, and one resolver beside the referential.

A library: it knows no service, and any service may import it, its domain too.
"""
