from timekit.windows import since

days = list(range(20500, 20900))
kept = [d for d in days if d >= since(60)]
print("kept", len(kept), sum(kept))
