from walking.vertices import walk

print("first", walk(2500)[:6])
