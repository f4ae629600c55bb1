#!/usr/bin/env bash
# What a derive costs to build: a crate of 100 record types with FrameSerialize beside one with serde's derives and rmp-serde.
#
#   benches/derive_build.sh              # debug and release, 3 runs each; the median
#   RUNS=5 TYPES=200 benches/derive_build.sh
#   CARGO_BUILD_JOBS=1 benches/derive_build.sh      # steadier where the machine does other work
#
# Each crate writes and reads a Vec of each of its types. Dependencies are built before; what is measured is a clean build of
# the one crate, a library, so without a linker. `bare` is the same types without derives and calls: what the types cost anyway.
# `added` is what is above that, and `ratio` is ours over serde's. Times are of the wall; `cpu` is of all processes together, and
# is disturbed less by others. All versions are those of our Cargo.lock; nothing is downloaded that a build of the workspace did not.
set -euo pipefail

runs=${RUNS:-3}
types=${TYPES:-100}
repo=$(cd "$(dirname "$0")/.." && pwd)
place=${CARGO_TARGET_DIR:-$repo/target}/derive_build
export CARGO_TARGET_DIR=$place/target CARGO_TERM_QUIET=true
offline=--offline
crates=(bare frames serde)

version() { # the version of a package in Cargo.lock
    awk -v name="\"$1\"" '$1 == "name" { found = $3 == name } found && $1 == "version" { gsub(/"/, "", $3); print $3; exit }' "$repo/Cargo.lock"
}

# A crate of record types of eight mixed fields: crate_of NAME DEPENDENCIES DERIVES CALLS, where % stands for the type.
crate_of() {
    local at=$place/$1 i
    mkdir -p "$at/src"
    cp "$repo/Cargo.lock" "$at/Cargo.lock"
    cat >"$at/Cargo.toml" <<TOML
[workspace]

[package]
name = "derive_build_$1"
version = "0.0.0"
edition = "2024"

[dependencies]
$2
TOML
    {
        echo "#![allow(dead_code)]"
        for ((i = 0; i < types; i++)); do
            cat <<RUST
$3
pub struct Record$i {
    pub id: u32,
    pub ratio: f64,
    pub name: String,
    pub rate: Option<f64>,
    pub samples: Vec<f32>,
    pub valid: bool,
    pub count: u64,
    pub tag: [u8; 4],
}
${4//%/Record$i}
RUST
        done
    } >"$at/src/lib.rs"
}

crate_of bare "" "" ""
crate_of frames "frames-core = { path = \"$repo/frames-core\", features = [\"derive\"] }" \
    "#[derive(frames_core::FrameSerialize)]" \
    "impl % {
    pub fn send(values: &Vec<%>) -> frames_core::Result<(frames_core::Header, frames_core::Frames<'_>)> {
        frames_core::serialize(values)
    }
    pub fn receive(header: &frames_core::Header, frames: frames_core::Frames<'_>) -> frames_core::Result<Vec<%>> {
        frames_core::deserialize(header, frames)
    }
}"
crate_of serde "serde = { version = \"=$(version serde)\", features = [\"derive\"] }
rmp-serde = \"=$(version rmp-serde)\"" \
    "#[derive(serde::Serialize, serde::Deserialize)]" \
    "impl % {
    pub fn send(values: &Vec<%>) -> Result<Vec<u8>, rmp_serde::encode::Error> {
        rmp_serde::to_vec(values)
    }
    pub fn receive(bytes: &[u8]) -> Result<Vec<%>, rmp_serde::decode::Error> {
        rmp_serde::from_slice(bytes)
    }
}"

TIMEFORMAT='%R %U %S'

# Seconds of the wall and of all processors, of one clean build.
build() {
    local manifest=$place/$1/Cargo.toml
    cargo clean $offline --manifest-path "$manifest" -p "derive_build_$1" $2
    { time cargo build $offline --manifest-path "$manifest" $2 2>/dev/null; } 2>&1 | awk '{ print $1, $2 + $3 }'
}

median() { # of column $1
    sort -n -k "$1,$1" | awk -v column="$1" '{ all[NR] = $column } END { print all[int((NR + 1) / 2)] }'
}

rustc --version
for profile in debug release; do
    flag=
    [[ $profile == release ]] && flag=--release
    for name in "${crates[@]}"; do
        cargo build $offline --manifest-path "$place/$name/Cargo.toml" $flag
        : >"$place/$name.$profile"
    done
    # In turn, so that what disturbs one disturbs all.
    for ((run = 0; run < runs; run++)); do
        for name in "${crates[@]}"; do
            build "$name" "$flag" >>"$place/$name.$profile"
        done
    done
    for name in "${crates[@]}"; do
        echo "$name $(median 1 <"$place/$name.$profile") $(median 2 <"$place/$name.$profile")"
    done | awk -v profile=$profile -v types=$types '
        { wall[$1] = $2; cpu[$1] = $3 }
        END {
            printf "%s, %d types:  wall  added    cpu  added\n", profile, types
            split("bare frames serde", names)
            for (i = 1; i <= 3; i++) {
                name = names[i]
                printf "  %-16s %6.2f %6.2f %6.2f %6.2f\n", name, wall[name], wall[name] - wall["bare"], cpu[name], cpu[name] - cpu["bare"]
            }
            printf "  %-16s %6.2f %6.2f %6.2f %6.2f\n", "ratio", wall["frames"] / wall["serde"],
                (wall["frames"] - wall["bare"]) / (wall["serde"] - wall["bare"]), cpu["frames"] / cpu["serde"],
                (cpu["frames"] - cpu["bare"]) / (cpu["serde"] - cpu["bare"])
        }'
done
