from shop.basket import ordered

print([item.name for item in ordered()])
