#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Downloads a data set from its official address, checks its SHA-256 or MD5, and unpacks it:
#
#     bash examples/download.sh cifar-10 [FOLDER]        (FOLDER: ./data if it is not given)
#
# Sets: cifar-10 cifar-100 n-mnist cifar10-dvs dvs-gesture imagenet. The last two have to be downloaded with a browser, because
# you have to accept their terms; put their archives into FOLDER/archives, and this script checks and unpacks them.
# A complete archive is not downloaded again. If STAA_MIRROR is set, it is the address of a folder with the archives.
set -euo pipefail

say() { printf '%s\n' "$*"; }
stop() {
    printf 'download.sh: %s\n' "$*" >&2
    exit 1
}

usage() {
    sed -n '3,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit "$1"
}

# sums_of FILE DIGESTS: those digests of the file that are given. DIGESTS is an MD5, or an MD5, a comma and a SHA-256. The
# publishers give MD5s only; a SHA-256 is there where independent projects agree on it.
sums_of() {
    local sums
    sums=$(md5sum <"$1" | cut -d ' ' -f 1)
    [[ $2 != *,* ]] || sums+=,$(sha256sum <"$1" | cut -d ' ' -f 1)
    printf '%s' "$sums"
}

# is_whole FILE DIGESTS: whether the file exists and has these digests.
is_whole() {
    [[ -f $1 ]] && [[ $(sums_of "$1" "$2") == "$2" ]]
}

# continue_download ADDRESS PART: adds to a file what is missing at its end.
continue_download() {
    if command -v curl >/dev/null; then
        curl --fail --location --show-error --progress-bar --retry 3 --continue-at - --output "$2" "$1"
    elif command -v wget >/dev/null; then
        wget --continue --output-document "$2" "$1"
    else
        stop "neither curl nor wget is installed"
    fi
}

# download ADDRESS FILE DIGESTS: continues an earlier download that was stopped. If its part does not fit (the server has
# another file now, or can't continue), the download begins anew. After an error of the network the part stays.
download() {
    local part=$2.part had_part= code=0
    [[ ! -s $part ]] || had_part=1
    if [[ -z $had_part ]] || ! is_whole "$part" "$3"; then
        continue_download "$1" "$part" || code=$?
    fi
    if [[ -n $had_part ]] && { ((code == 0)) && ! is_whole "$part" "$3" || refuses_to_continue "$code"; }; then
        say "the part of an earlier download does not fit; downloading anew"
        rm -f "$part"
        code=0
        continue_download "$1" "$part" || code=$?
    fi
    ((code == 0)) && mv "$part" "$2"
}

# refuses_to_continue CODE: whether this exit code of curl (22, 33, 36) or wget (8) is the server's answer, not an error of
# the network.
refuses_to_continue() {
    case $1 in
        8 | 22 | 33 | 36) return 0 ;;
        *) return 1 ;;
    esac
}

# fetch NAME DIGESTS ADDRESS: downloads the archive to $archives/NAME and checks it.
fetch() {
    local file=$archives/$1
    if is_whole "$file" "$2"; then
        say "$1 is already complete"
        return
    fi
    local address=$3
    [[ -z ${STAA_MIRROR:-} ]] || address=$STAA_MIRROR/$1
    rm -f "$file"
    say "downloading $1"
    download "$address" "$file" "$2" ||
        stop "$1 could not be downloaded from $address; the part that was downloaded is kept, and the next call continues it"
    is_whole "$file" "$2" ||
        stop "$file is damaged: its checksum is $(sums_of "$file" "$2"), expected $2; the file is kept"
    say "$1 is complete (checksum $2)"
}

# fetched_by_hand NAME DIGESTS PAGE: checks an archive that the user downloaded from PAGE.
fetched_by_hand() {
    [[ -f $archives/$1 ]] || stop "$1 has to be downloaded with a browser: put it into $archives/ and run this script again. It is at $3"
    is_whole "$archives/$1" "$2" || stop "$archives/$1 is damaged: its checksum is not $2"
    say "$1 is complete (checksum $2)"
}

# unpack NAME INTO: unpacks an archive to the folder INTO.
unpack() {
    local archive
    archive=$(realpath "$archives/$1")
    mkdir -p "$2"
    say "unpacking $1 to $2"
    case $1 in
        *.zip)
            if command -v unzip >/dev/null; then
                unzip -q -o "$archive" -d "$2"
            else
                (cd "$2" && cmake -E tar xf "$archive")
            fi
            ;;
        *) tar -xf "$archive" -C "$2" ;;
    esac
}

cifar_10() {
    fetch cifar-10-binary.tar.gz \
        c32a1d4ab5d03f1284b67883e8d87530,c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd \
        https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz
    unpack cifar-10-binary.tar.gz "$folder"
    say "train_cifar --data $folder/cifar-10-batches-bin"
}

cifar_100() {
    fetch cifar-100-binary.tar.gz \
        03b5dce01913d631647c71ecec9e9cb8,58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec \
        https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz
    unpack cifar-100-binary.tar.gz "$folder"
    say "train_cifar --data $folder/cifar-100-binary --classes 100"
}

n_mnist() {
    local files=https://data.mendeley.com/public-files/datasets/468j46mzdv/files
    fetch Train.zip 20959b8e626244a1b502305a9e6e2031 $files/39c25547-014b-4137-a934-9d29fa53c7a0/file_downloaded
    fetch Test.zip 69ca8762b2fe404d9b9bad1103e97832 $files/05a4d654-7e03-4c15-bdfa-9bb2bcbea494/file_downloaded
    unpack Train.zip "$folder/N-MNIST"
    unpack Test.zip "$folder/N-MNIST"
    say "train_nmnist --data $folder/N-MNIST"
}

cifar10_dvs() {
    local name number md5
    while read -r name number md5; do
        fetch "$name.zip" "$md5" "https://ndownloader.figshare.com/files/$number"
        unpack "$name.zip" "$folder/CIFAR10DVS"
    done <<END
airplane 7712788 0afd5c4bf9ae06af762a77b180354fdd
automobile 7712791 8438dfeba3bc970c94962d995b1b9bdd
bird 7712794 a9c207c91c55b9dc2002dc21c684d785
cat 7712812 52c63c677c2b15fa5146a8daf4d56687
deer 7712815 b6bf21f6c04d21ba4e23fc3e36c8a4a3
dog 7712818 f379ebdf6703d16e0a690782e62639c3
frog 7712842 cad6ed91214b1c7388a5f6ee56d08803
horse 7712851 e7cbbf77bec584ffbf913f00e682782a
ship 7712836 41c7bd7d6b251be82557c6cce9a7d5c9
truck 7712839 89f3922fd147d9aeff89e76a2b0b70a7
END
    say "train_dvs --set cifar10-dvs --data $folder/CIFAR10DVS"
}

dvs_gesture() {
    fetched_by_hand DvsGesture.tar.gz 8a5c71fb11e24e5ca5b11866ca6c00a1 \
        https://ibm.ent.box.com/s/3hiq58ww1pbbjrinh367ykfdf60xsfm8/folder/50167556794
    unpack DvsGesture.tar.gz "$folder"
    say "train_dvs --set gesture --data $folder/DvsGesture"
}

imagenet() {
    local page=https://image-net.org/challenges/LSVRC/2012/2012-downloads.php class
    fetched_by_hand ILSVRC2012_img_train.tar 1d675b47d978889d74fa0da5fadfb00e $page
    fetched_by_hand ILSVRC2012_img_val.tar 29b22e2961454d5413ddabcf34fc5622 $page
    unpack ILSVRC2012_img_train.tar "$folder/imagenet/train"
    for class in "$folder"/imagenet/train/*.tar; do # one archive per class
        mkdir -p "${class%.tar}"
        tar -xf "$class" -C "${class%.tar}"
        rm "$class"
    done
    unpack ILSVRC2012_img_val.tar "$folder/imagenet/val"
    # The archive does not contain the classes of its pictures. Kaggle's copy of the challenge has them in a file.
    local solution=$archives/LOC_val_solution.csv image
    [[ -f $solution ]] || stop "the classes of the validation pictures are missing: put LOC_val_solution.csv (from kaggle.com/c/imagenet-object-localization-challenge) into $archives/ and run this script again"
    while IFS=', ' read -r image class _ || [[ -n $image ]]; do # the last line may have no line end
        if [[ -f $folder/imagenet/val/$image.JPEG ]]; then
            mkdir -p "$folder/imagenet/val/$class"
            mv "$folder/imagenet/val/$image.JPEG" "$folder/imagenet/val/$class/"
        fi
    done < <(tail -n +2 "$solution")
    say "the training pictures are in $folder/imagenet/train, those for validation in $folder/imagenet/val"
}

(($# >= 1 && $# <= 2)) || usage 1
[[ $1 != --help && $1 != -h ]] || usage 0
folder=${2:-data}
archives=$folder/archives
mkdir -p "$archives"
case $1 in
    cifar-10) cifar_10 ;;
    cifar-100) cifar_100 ;;
    n-mnist) n_mnist ;;
    cifar10-dvs) cifar10_dvs ;;
    dvs-gesture) dvs_gesture ;;
    imagenet) imagenet ;;
    *) usage 1 ;;
esac
