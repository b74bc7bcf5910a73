"""Names to make people of: common ones of several countries."""

FIRST = (
    "Adam Agnes Aleksandra Alina Amélie Ana Andrea Andreas Anna Anton Ayşe Barbara Beata Bjørn"
    " Carla Chiara Christian Christina Daniel David Dominik Elena Elisabeth Emma Eva Fatma Felix"
    " Florian Franziska Gabriel Georg Giulia Hannah Hans Helena Ingrid Ivan Jakub Jan Jana Johann"
    " Johanna José Julia Karl Katharina Lars Laura Lena Leon Lukas Łukasz Magdalena Manuel Marek"
    " Maria Marie Markus Martin Mateusz Maximilian Mehmet Michael Milena Mohamed Monika Nadia"
    " Natalia Nikola Noah Oleksandr Olga Paul Petra Philipp Piotr Rafael Sabine Samuel Sandra Sara"
    " Sebastian Simon Sofia Søren Stefan Stefanie Susanne Theresa Thomas Tobias Valentina Verena"
    " Viktoria Wojciech Yusuf Zoë Zuzana"
).split()
LAST = (
    "Aigner Auer Bach Bauer Baumgart Berg Binder Brandt Brunn Dvořák Eder Egger Fischer Fuchs"
    " García Gruber Groß Haas Hansen Hof Holz Horvat Huber Jansen Jovanović Kaiser Kaya Keller"
    " Klein König Kovač Kowal Kraus Lang Lehn Leitner Lopez Maier Martin Mayr Meier Müller Nagy"
    " Neumann Novák Nowak Ortner Petrov Pichler Popović Reiter Richter Rossi Roth Santos Schmid"
    " Schneid Schulz Schwarz Silva Simon Stein Steiner Strauß Szabó Tóth Wagner Wal Weber Weiss"
    " Werner Wiesner Winkler Wolf Yildiz Zimmer"
).split()
