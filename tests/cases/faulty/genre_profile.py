"""Profiles of films by genre; the genres of a catalogue come from a property that collects them in a set."""

from collections import defaultdict
from dataclasses import dataclass, field


@dataclass
class Film:
    title: str
    genres: list[str]
    rating: float


@dataclass
class Catalogue:
    films: list[Film] = field(default_factory=list)

    @property
    def genres(self):
        return {genre for film in self.films for genre in film.genres}

    def mean_ratings(self):
        ratings = defaultdict(list)
        for film in self.films:
            for genre in film.genres:
                ratings[genre].append(film.rating)
        return {genre: sum(values) / len(values) for genre, values in ratings.items()}


def build():
    titles = ["North", "The Weir", "Salt", "Two Rivers", "Ash", "Paper Sun", "Kiln", "Low Tide", "Ferry", "Moss"]
    kinds = ["drama", "comedy", "crime", "western", "noir", "family"]
    return Catalogue(
        [Film(title, [kinds[n % 6], kinds[(n * 5 + 2) % 6]], 3 + (n * 37 % 20) / 10) for n, title in enumerate(titles)]
    )


def main():
    catalogue = build()
    columns = [genre.title() for genre in catalogue.genres]  # expect: hash-order
    rows = [[int(column.lower() in film.genres) for column in columns] for film in catalogue.films]
    print("columns:", ", ".join(columns))
    print("first film:", rows[0])
    print(f"best genre {max(catalogue.mean_ratings().values()):.3f}")


if __name__ == "__main__":
    main()
