"""A race in plain Trio code, to be found by exploring. There is no agent in it.

    exeunt explore examples/overdrawn.py two_customers
    exeunt explore examples/overdrawn.py two_careful_customers

As a program it runs the first of them in the order that Trio takes, and all is well.
"""

import trio


class Account:
    """Money that must not be spent twice."""

    def __init__(self) -> None:
        self.balance = 100

    async def withdraw(self, amount: int) -> bool:
        """Take *amount*, if it is there."""
        if self.balance < amount:
            return False
        await self.tell_the_bank()
        self.balance -= amount
        return True

    async def tell_the_bank(self) -> None:
        """Wait for the bank."""
        await trio.lowlevel.checkpoint()  # where a request would be


class CarefulAccount(Account):
    """Lets one customer in at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.door = trio.Lock()

    async def withdraw(self, amount: int) -> bool:
        """Take *amount*, if it is there when the door opens."""
        async with self.door:
            return await super().withdraw(amount)


async def come_later(account: Account) -> None:
    """Come when the first customer should have left."""
    for _ in range(5):
        await trio.lowlevel.checkpoint()
    await account.withdraw(80)


async def two_customers_of(account: Account) -> None:
    """Have two customers come, of whom the money is enough for one."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(account.withdraw, 80)
        nursery.start_soon(come_later, account)
    assert account.balance >= 0, f"overdrawn: {account.balance}"


async def two_customers() -> None:
    """Fail, but rarely."""
    await two_customers_of(Account())


async def two_careful_customers() -> None:
    """Hold in every order."""
    await two_customers_of(CarefulAccount())


if __name__ == "__main__":
    trio.run(two_customers)
    print("All is well, this time.")
