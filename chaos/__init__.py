"""Faults made on purpose on the real system, and a judge of what became of each utterance.

`python -m chaos --list` names them; docs/faults.md says what each must and does lead to.
"""
