"""Try every order of steps that can make a difference, and no more.

`prove` is to `explore` what a proof is to an experiment: it ends with "holds for every
order" or with an order that fails. It needs few runs because most orders of steps
differ in nothing: two tasks that use different channels may go in either order.

Read from the bottom: `footprint` (what a step touches), `recorder` (who writes that
down), `operations` and `attributes` (who tells the recorder), `order` (which step had
to come before which), `reduction` (which orders are left to be tried).
"""

from .proof import Proof, Unproved
from .prover import prove
from .recorder import touch

__all__ = ["Proof", "Unproved", "prove", "touch"]
