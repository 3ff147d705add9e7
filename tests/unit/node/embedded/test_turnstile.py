import asyncio

from node.embedded.turnstile import Turnstile


async def test_shut_waits_for_those_inside_and_keeps_the_others_out() -> None:
    turnstile = Turnstile()
    log: list[str] = []
    leave = asyncio.Event()

    async def visit(name: str) -> None:
        async with turnstile.passage():
            log.append(f"{name} in")
            await leave.wait()
        log.append(f"{name} out")

    async def mine() -> None:
        await turnstile.shut()
        log.append("shut")

    first = asyncio.create_task(visit("first"))
    await asyncio.sleep(0)
    miner = asyncio.create_task(mine())
    await asyncio.sleep(0)
    second = asyncio.create_task(visit("second"))
    for _ in range(5):
        await asyncio.sleep(0)
    assert log == ["first in"]
    leave.set()
    await asyncio.gather(first, miner)
    await asyncio.sleep(0.01)
    assert log == ["first in", "first out", "shut"]
    turnstile.open()
    await second
    assert log[3:] == ["second in", "second out"]


async def test_passage_that_fails_or_is_cancelled_is_left() -> None:
    turnstile = Turnstile()

    async def fail() -> None:
        async with turnstile.passage():
            raise ValueError

    async def hang() -> None:
        async with turnstile.passage():
            await asyncio.sleep(60)

    assert isinstance((await asyncio.gather(fail(), return_exceptions=True))[0], ValueError)
    hanging = asyncio.create_task(hang())
    await asyncio.sleep(0)
    hanging.cancel()
    async with asyncio.timeout(1):
        await turnstile.shut()
    assert hanging.done()


async def test_shutting_again_before_the_crowd_has_passed_never_lets_two_states_meet() -> None:
    turnstile, inside, worst = Turnstile(), 0, 0

    async def visit() -> None:
        nonlocal inside
        async with turnstile.passage():
            inside += 1
            await asyncio.sleep(0)
            inside -= 1

    async def mine() -> None:
        nonlocal worst
        for _ in range(50):
            await turnstile.shut()
            worst = max(worst, inside)
            await asyncio.sleep(0)
            worst = max(worst, inside)
            turnstile.open()
            await asyncio.sleep(0)

    await asyncio.gather(mine(), *(visit() for _ in range(200)))
    assert worst == 0
