from stores.counter import next_id

print("run", next_id())
print("fold", next_id() * 7 % 5)
