import asyncio


async def job(number):
    await asyncio.sleep(0)
    return number


async def main():
    tasks = [asyncio.create_task(job(number)) for number in range(600)]
    done, _ = await asyncio.wait(tasks)
    return [task.result() for task in done][:5]  # expect: memory-address


print(asyncio.run(main()))
