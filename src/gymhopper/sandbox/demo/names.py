"""Names from several languages, to be put together by chance."""

_FIRST = (
    "Ada Aiko Akira Alba Alejandro Amara Amina Ana Anders André Anja Aoife Arjun Astrid Ayşe "
    "Beatriz Benedikt Bianca Bruno Camila Carlos Catarina Chiara Chinedu Clara Daiki Daniela Diego "
    "Dilara Duarte Eduardo Elif Elin Emeka Emma Enzo Esra Fatima Felix Fernanda Finn Freya "
    "Gabriel Giulia Grace Greta Hana Haruto Hassan Helena Hugo Ines Ingrid Isla Ivan Jakub "
    "Jamal Joana João Jonas Julia Kaito Karim Katarzyna Keiko Kenji Kwame Lara Layla Leandro "
    "Leila Lena Leo Liam Linh Lucas Lúcia Maja Malik Marek Margarida Maria Marta Mateus Mei Mia "
    "Miguel Milan Min-jun Miriam Mohammed Naoki Nadia Nia Niamh Nikolai Noah Nora Nuno Olga Oliver "
    "Omar Oskar Paula Pedro Petra Priya Rafael Ravi Ren Rosa Sakura Samira Sana Santiago Sara "
    "Selin Seo-yeon Silas Sofia Sota Stella Sven Tadeo Tariq Teresa Theo Thiago Tom Valentina "
    "Victor Vera Wanjiru Wei William Yara Yasmin Yui Yusuf Zara Zoë Zofia"
)

_LAST = (
    "Abe Acheampong Adeyemi Almeida Alvarez Andersen Arslan Baker Banerjee Barbosa Bauer Becker "
    "Bergström Bianchi Brandt Brown Campos Cardoso Carter Castro Chen Choi Clarke Conti Costa "
    "Cruz Demir Dias Diallo Duarte Eriksen Esposito Evans Farah Fernandes Ferreira Fischer Fonseca "
    "Fuchs Fujita Garcia Gomes Greco Green Gupta Haddad Hansen Harris Hayashi Hoffmann Horvat "
    "Hughes Ibrahim Ito Ivanova Jansen Jones Kaya Keller Khan Kim Kimura Kobayashi Kowalski Krause "
    "Kumar Lang Larsen Lehmann Lewis Li Lima Lindqvist Lopes Lopez Marino Martins Matsuda Mehta "
    "Mendes Meyer Monteiro Moreau Mori Müller Murphy Mwangi Nakamura Neumann Nguyen Nielsen Nkosi "
    "Nowak O'Brien Ohashi Okafor Oliveira Osei Özdemir Park Patel Pereira Petrov Pinto Popescu "
    "Ramos Reid Ribeiro Ricci Rocha Romano Rossi Roy Sahin Saito Santos Sato Schmidt Schneider "
    "Schulz Sharma Silva Singh Smith Sousa Suzuki Svensson Takeda Tanaka Taylor Teixeira Tran "
    "Turner Usman Vargas Vieira Virtanen Wagner Walker Wang Weber Williams Wolf Wood Yamada "
    "Young Zhang Zimmermann"
)

FIRST_NAMES = tuple(_FIRST.split())
LAST_NAMES = tuple(_LAST.split())
