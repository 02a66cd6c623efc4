"""`vivier move`: what a folder holds goes to real engines, and nothing differs after it.

A system that is up pauses, everything is copied and compared, and it goes on with the engines. Until `engines.json`
stands nothing has happened: whatever fails before, also this process, lets the system go on in its folder. What is made
on the engines is noted in the folder first (see `journal`), and removed at once or by the next try.
"""
