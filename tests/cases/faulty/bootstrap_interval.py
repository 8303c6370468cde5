"""A bootstrap interval for the mean basket of a shop; the generator sits in an imported module."""

from statkit.resampling import means_of_resamples

baskets = [12.4, 18.9, 7.2, 33.1, 25.0, 14.8, 9.9, 41.7, 22.3, 16.5, 19.2, 28.4]
means = means_of_resamples(baskets, 400)
low, high = means[10], means[-11]
print(f"mean basket {sum(baskets) / len(baskets):.2f}, 95% interval {low:.3f} to {high:.3f}")
