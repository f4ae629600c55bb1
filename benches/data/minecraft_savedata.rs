//! `minecraft_savedata`: 500 players of a game with all that they carry, where nesting, options and small lists are the work.

use super::rng::Rng;

codec_types! {
    derive(Copy);

    #[wincode(tag_encoding = "u8")]
    pub(crate) enum GameType {
        Survival,
        Creative,
        Adventure,
        Spectator,
    }

    pub(crate) struct Abilities {
        pub(crate) walk_speed: f32,
        pub(crate) fly_speed: f32,
        pub(crate) may_fly: bool,
        pub(crate) flying: bool,
        pub(crate) invulnerable: bool,
        pub(crate) may_build: bool,
        pub(crate) instabuild: bool,
    }
}

codec_types! {
    pub(crate) struct Item {
        pub(crate) count: i8,
        pub(crate) slot: u8,
        pub(crate) id: String,
    }

    pub(crate) struct Entity {
        pub(crate) id: String,
        pub(crate) pos: (f64, f64, f64),
        pub(crate) motion: (f64, f64, f64),
        pub(crate) rotation: (f32, f32),
        pub(crate) fall_distance: f32,
        pub(crate) fire: u16,
        pub(crate) air: u16,
        pub(crate) on_ground: bool,
        pub(crate) no_gravity: bool,
        pub(crate) invulnerable: bool,
        pub(crate) portal_cooldown: i32,
        pub(crate) uuid: [u32; 4],
        pub(crate) custom_name: Option<String>,
        pub(crate) custom_name_visible: bool,
        pub(crate) silent: bool,
        pub(crate) glowing: bool,
    }

    pub(crate) struct RecipeBook {
        pub(crate) recipes: Vec<String>,
        pub(crate) to_be_displayed: Vec<String>,
        pub(crate) f0: bool,
        pub(crate) f1: bool,
        pub(crate) f2: bool,
        pub(crate) f3: bool,
        pub(crate) f4: bool,
        pub(crate) f5: bool,
        pub(crate) f6: bool,
        pub(crate) f7: bool,
    }

    pub(crate) struct Player {
        pub(crate) game_type: GameType,
        pub(crate) previous_game_type: GameType,
        pub(crate) score: i64,
        pub(crate) dimension: String,
        pub(crate) selected_item_slot: u32,
        pub(crate) selected_item: Item,
        pub(crate) spawn_dimension: Option<String>,
        pub(crate) spawn_x: i64,
        pub(crate) spawn_y: i64,
        pub(crate) spawn_z: i64,
        pub(crate) spawn_forced: Option<bool>,
        pub(crate) sleep_timer: u16,
        pub(crate) food_exhaustion_level: f32,
        pub(crate) food_saturation_level: f32,
        pub(crate) food_tick_timer: u32,
        pub(crate) xp_level: u32,
        pub(crate) xp_p: f32,
        pub(crate) xp_total: i32,
        pub(crate) xp_seed: i32,
        pub(crate) inventory: Vec<Item>,
        pub(crate) ender_items: Vec<Item>,
        pub(crate) abilities: Abilities,
        pub(crate) entered_nether_position: Option<(f64, f64, f64)>,
        pub(crate) root_vehicle: Option<([u32; 4], Entity)>,
        pub(crate) shoulder_entity_left: Option<Entity>,
        pub(crate) shoulder_entity_right: Option<Entity>,
        pub(crate) seen_credits: bool,
        pub(crate) recipe_book: RecipeBook,
    }
}

impl crate::peers::Value for Vec<Player> {}

const DIMENSIONS: [&str; 3] = ["overworld", "nether", "end"];

pub(crate) fn minecraft_savedata() -> Vec<Player> {
    let mut rng = Rng::new(3);
    (0..500).map(|_| player(&mut rng)).collect()
}

fn player(rng: &mut Rng) -> Player {
    Player {
        game_type: game_type(rng),
        previous_game_type: game_type(rng),
        score: rng.any() as i64,
        dimension: rng.word(&DIMENSIONS),
        selected_item_slot: rng.any() as u32,
        selected_item: item(rng),
        spawn_dimension: rng.perhaps(|rng| rng.word(&DIMENSIONS)),
        spawn_x: rng.any() as i64,
        spawn_y: rng.any() as i64,
        spawn_z: rng.any() as i64,
        spawn_forced: rng.perhaps(Rng::heads),
        sleep_timer: rng.any() as u16,
        food_exhaustion_level: rng.unit(),
        food_saturation_level: rng.unit(),
        food_tick_timer: rng.any() as u32,
        xp_level: rng.any() as u32,
        xp_p: rng.unit(),
        xp_total: rng.any() as i32,
        xp_seed: rng.any() as i32,
        inventory: rng.fewer_than(40, item),
        ender_items: rng.fewer_than(27, item),
        abilities: abilities(rng),
        entered_nether_position: rng.perhaps(place),
        root_vehicle: rng.perhaps(|rng| (uuid(rng), entity(rng))),
        shoulder_entity_left: rng.perhaps(entity),
        shoulder_entity_right: rng.perhaps(entity),
        seen_credits: rng.heads(),
        recipe_book: recipe_book(rng),
    }
}

fn entity(rng: &mut Rng) -> Entity {
    const KINDS: [&str; 8] = ["pig", "horse", "husk", "witch", "silverfish", "phantom", "turtle", "fox"];
    const NAMES: [&str; 8] = ["biscuit", "thunder", "olive", "captain", "pepper", "ghost", "nugget", "maple"];
    Entity {
        id: rng.word(&KINDS),
        pos: place(rng),
        motion: place(rng),
        rotation: (rng.unit(), rng.unit()),
        fall_distance: rng.unit(),
        fire: rng.any() as u16,
        air: rng.any() as u16,
        on_ground: rng.heads(),
        no_gravity: rng.heads(),
        invulnerable: rng.heads(),
        portal_cooldown: rng.any() as i32,
        uuid: uuid(rng),
        custom_name: rng.perhaps(|rng| rng.word(&NAMES)),
        custom_name_visible: rng.heads(),
        silent: rng.heads(),
        glowing: rng.heads(),
    }
}

fn recipe_book(rng: &mut Rng) -> RecipeBook {
    const RECIPES: [&str; 8] = ["hatchet", "lantern", "crossbow", "writing desk", "smoker", "compass", "bolt", "kit"];
    let recipe = |rng: &mut Rng| rng.word(&RECIPES);
    RecipeBook {
        recipes: rng.fewer_than(30, recipe),
        to_be_displayed: rng.fewer_than(10, recipe),
        f0: rng.heads(),
        f1: rng.heads(),
        f2: rng.heads(),
        f3: rng.heads(),
        f4: rng.heads(),
        f5: rng.heads(),
        f6: rng.heads(),
        f7: rng.heads(),
    }
}

fn abilities(rng: &mut Rng) -> Abilities {
    Abilities {
        walk_speed: rng.unit(),
        fly_speed: rng.unit(),
        may_fly: rng.heads(),
        flying: rng.heads(),
        invulnerable: rng.heads(),
        may_build: rng.heads(),
        instabuild: rng.heads(),
    }
}

fn item(rng: &mut Rng) -> Item {
    const ITEMS: [&str; 8] = ["clay", "slate", "mattock", "loam", "cobble", "trowel", "breastplate", "bread"];
    Item { count: rng.any() as i8, slot: rng.any() as u8, id: rng.word(&ITEMS) }
}

fn game_type(rng: &mut Rng) -> GameType {
    rng.among(&[GameType::Survival, GameType::Creative, GameType::Adventure, GameType::Spectator])
}

fn place(rng: &mut Rng) -> (f64, f64, f64) {
    (rng.unit_wide(), rng.unit_wide(), rng.unit_wide())
}

fn uuid(rng: &mut Rng) -> [u32; 4] {
    [0; 4].map(|_: u32| rng.any() as u32)
}
